"""Rules for missing or corrupt data and model files."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

DATA = (
    Rule(
        id="data.missing",
        category=Category.DATA_MISSING,
        patterns=(
            r"at least one valid data file must be specified",
            r"unable to find '?(?P<path>\S+?)'?(?: at|$)",
            (
                r"no (?:data ?files?|files|images|samples|examples|shards|records|checkpoints?) (?:were |"
                r"was |could be )?(?:found|matched|match)"
            ),
            r"doesn't contain any data files",
            r"found (?:0|no|zero) (?:\w+ )?(?:files|images|samples|examples|rows|shards|records)",
            r"corresponds to no data",
            r"!\w{0,20}(?:src|ssize|image|img|mat|frame)\w{0,4}\.empty\(\)",
            r"imread_?\('(?P<path>[^']{1,300})'\): can't open/read file",
            r"error opening '(?P<path>[^']{1,300}\.\w{2,6})'",
            r"moov atom not found",
            r"(?P<path>/\S{1,300}): invalid data found when processing input",
            r"no valid checkpoint",
            r"no such dataset",
            r"couldn't find (?:file|any data ?file)",
            r"unexpected EOF, expected \d+ more bytes",
            r"while decompressing data",
            r"cannot find video stream",
            r"None of \[Index",
            r"unable to resolve any data file",
            r"parquet magic bytes",
            r"not a parquet file",
            r"file is (?:corrupted|truncated|empty|not a zip)",
            (
                r"(?:file|archive|data|checkpoint|image|shard|record|header|zip|pickle|index|"
                r"weights)\b.{0,60}\b(?:is |are |was |appears? )?(?:corrupt(?:ed)?|truncated|damaged|"
                r"malformed)"
            ),
            (
                r"(?:corrupt(?:ed)?|truncated|damaged|malformed) (?:file|archive|data|checkpoint|image|"
                r"shard|record|zip|input)"
            ),
            r"unexpected end of (?:file|stream|data)",
            r"compressed file ended before",
            r"not a gzipped file",
            r"bad magic number",
            r"not in gzip format",
            r"EOF in archive",
            r"cannot find or open \S+\.(?:zip|tar|gz)\S*",
            r"invalid magic number",
            r"PytorchStreamReader",
            r"central directory",
            r"invalid load key",
            r"HeaderTooLarge",
            r"InvalidHeaderDeserialization",
            r"MetadataIncompleteBuffer",
            r"InvalidHeader",
            r"Error while deserializing header",
            r"cannot identify image file",
            r"image file is truncated",
            r"CRC check failed",
            r"checksum (?:mis)?match",
            (
                r"(?:hash|checksum|sha256|md5|(?:file|archive|object|download\w*|content) (?:size|length))\b"
                r".{0,40}(?:mismatch|does not match|did not match|"
                r"doesn't match)"
            ),
            r"NonMatching(?:Splits|Checksum)",
            r"DataLossError",
            r"data loss",
            r"invalid (?:json|csv|tfrecord|avro)",
            r"JSON parse error",
            r"Error tokenizing data",
            r"No columns to parse from file",
            r"EmptyDataError",
            r"Ran out of input",
            r"LookupError:? (?:\*+ )?Resource '?(?P<resource>[\w./-]+)'? not found",
            r"unable to (?:synchronously )?open file .{0,60}(?:signature not found|truncated)",
            r"consistency check failed",
            r"Expecting value: line 1 column 1",
            r"did not recognize .{0,30}format",
            r"Schema at index",
            r"num_samples should be a positive integer",
            r"empty (?:dataset|dataframe|file|data set)",
            r"dataset (?:is empty|has no|contains 0|not found)",
            r"zero (?:samples|examples|rows)",
            r"no training data",
            r"(?:CommandException: )?No URLs matched(?:: (?P<path>\S+))?",
            r"matched no objects(?: or files)?",
            r"One or more URLs matched no objects",
            (
                r"\b(?:dataset|data file|checkpoint|model file|weights|tokenizer|vocab\w*|train\w* "
                r"(?:file|data)|split)\b.{0,120}\b(?:does not exist|not found|missing|cannot be found|"
                r"doesn't exist|could not be found)"
            ),
            r"Can't find a (?:valid )?checkpoint",
            r"Error no file named .{0,120}found in directory",
            r"couldn't instantiate the backend tokenizer",
            r"can't load (?:the )?(?:tokenizer|model|configuration|feature extractor|processor)\b",
            r"parent directory \S+ does not exist",
            r"unknown split",
            r"Bad split",
        ),
        advice=(
            "Check the path or file that the line names: is it there, complete, and readable from this "
            "region (gsutil ls -l)? Then copy or build it again."
        ),
        samples=(
            (
                "pyarrow.lib.ArrowInvalid: Could not open Parquet input source 'x': Parquet magic bytes "
                "not found in footer."
            ),
            (
                "ValueError: At least one valid data file must be specified, all the data_files are "
                "invalid: {'train': []}"
            ),
            "safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge",
            "CommandException: No URLs matched: gs://acme/data/*.parquet",
            "soundfile.LibsndfileError: Error opening '/data/a/7.wav': System error.",
            "/gcs/b/v/9.mp4: Invalid data found when processing input",
        ),
    ),
    Rule(
        id="data.no_such_file",
        category=Category.DATA_MISSING,
        patterns=(
            r"\[Errno 2\] No such file or directory: '?(?P<path>[^']*)",
            r"\bno such file or directory\b",
            r"\[Errno (?:20|21)\]",
        ),
        advice=(
            "The path does not exist in the container: check its spelling, the mount (/gcs/BUCKET/...) "
            "and that the image or a step before puts it there."
        ),
        samples=(
            "FileNotFoundError: [Errno 2] No such file or directory: '/gcs/acme/train.jsonl'",
            "cat: /data/index.txt: No such file or directory",
        ),
        specificity=Specificity.CLASS,
    ),
    Rule(
        id="data.class",
        category=Category.DATA_MISSING,
        exceptions=(
            "FileNotFoundError",
            "NotADirectoryError",
            "EmptyDatasetError",
            "DataFilesNotFoundError",
            "DatasetNotFoundError",
            "BadZipFile",
            "UnpicklingError",
            "EOFError",
            "UnidentifiedImageError",
            "SafetensorError",
            "BadGzipFile",
            "ReadError",
            "DatasetGenerationError",
            "EmptyDataError",
            "LZMAError",
            "DataLossError",
            "errors_impl.NotFoundError",
            "NonMatchingSplitsSizesError",
            "ParquetError",
            "pandas.errors.ParserError",
            "ArrowInvalid",
            "IsADirectoryError",
        ),
        advice="Check the data or model file that the line names: it must be there, complete and readable.",
        specificity=Specificity.CLASS,
        samples=("zipfile.BadZipFile: nope",),
    ),
)
