"""Rules for exceptions by the place they were raised, whatever their message is."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

_HEADER = "Traceback (most recent call last):\n"


def _raised_in_program(code: str, error: str) -> str:
    return f'{_HEADER}  File "/app/train.py", line 3, in main\n    {code}\n{error}'


def _raised(path: str, code: str, error: str, *, function: str = "run") -> str:
    own = f'  File "/app/train.py", line 3, in main\n    {code}\n'
    return f'{_HEADER}{own}  File "{path}", line 7, in {function}\n    raise it\n{error}'


PLACES = (
    Rule(
        id="config.environment",
        category=Category.CONFIG_ERROR,
        patterns=(r"KeyError: '(?P<variable>\w+)'",),
        exceptions=("KeyError",),
        raised_in=(r"^<frozen os>|^\S*/os\.py in __getitem__|\n.*environ\[",),
        advice="Set the environment variable {variable} in the preset or the queue's configuration.",
        samples=(_raised("<frozen os>", 'key = os.environ["RUN_TOKEN"]', "KeyError: 'RUN_TOKEN'"),),
        counters=("KeyError: 'pixels'",),
    ),
    Rule(
        id="config.environment_name",
        category=Category.CONFIG_ERROR,
        patterns=(r"KeyError: '(?-i:(?P<variable>[A-Z][A-Z0-9]*_[A-Z0-9_]+))'$",),
        exceptions=("KeyError",),
        advice=(
            "Set the environment variable or setting {variable} in the preset or the queue's configuration."
        ),
        specificity=Specificity.CLASS,
        samples=("KeyError: 'RUN_TOKEN'",),
        counters=("KeyError: 'pixel_values'",),
    ),
    Rule(
        id="config.key",
        category=Category.CONFIG_ERROR,
        patterns=(r"KeyError: (?P<key>'[^']{1,80}')",),
        exceptions=("KeyError",),
        raised_in=(r"\n.*\b(?:\w*(?:cfg|conf|config|settings|hparams)|args|params)\w*(?:\[|\.pop\()",),
        advice="The run's configuration has no {key}: add it, or correct its spelling.",
        specificity=Specificity.CLASS,
        samples=(_raised_in_program('warm = cfg["optim"]["warm"]', "KeyError: 'warm'"),),
        counters=(_raised_in_program('label = row["label"]', "KeyError: 'label'"),),
    ),
    Rule(
        id="config.parser",
        category=Category.CONFIG_ERROR,
        raised_in=(
            (
                r"^\S*/(?:argparse|configparser|optparse)\.py|/(?:click|hydra|omegaconf|pydantic\w*|yaml|ruamel|toml\w*|tyro|"
                r"jsonargparse|fire|absl/flags|dacite|dynaconf|simple_parsing|ml_collections|draccus|typer|gin)/|"
                r"/(?:training_args|hf_argparser|config_class|runtime/config)\.py"
            ),
        ),
        advice="Correct the setting that the line names in the run's arguments or configuration file.",
        specificity=Specificity.CLASS,
        samples=(
            _raised(
                "/usr/lib/python3/site-packages/transformers/training_args.py",
                "args = TrainingArguments(**cfg)",
                "ValueError: the two strategies differ",
            ),
        ),
        counters=("ValueError: the two strategies differ",),
    ),
    Rule(
        id="config.json",
        category=Category.CONFIG_ERROR,
        exceptions=("JSONDecodeError",),
        raised_in=(r"\n.*(?:conf|cfg|setting|args|param|preset|deepspeed)",),
        advice="The configuration is no JSON: correct it at the place that the line names.",
        samples=(
            _raised(
                "/usr/lib/python3.11/json/decoder.py",
                "cfg = json.load(handle)",
                "json.decoder.JSONDecodeError: Expecting ',' delimiter: line 7 column 3 (char 120)",
            ),
        ),
    ),
    Rule(
        id="data.json",
        category=Category.DATA_MISSING,
        exceptions=("JSONDecodeError",),
        advice="A data file is no JSON at the place that the line names: rebuild or copy that file again.",
        specificity=Specificity.CLASS,
        samples=("json.decoder.JSONDecodeError: Extra data: line 2 column 1 (char 9)",),
    ),
    Rule(
        id="import.while_importing",
        category=Category.IMPORT_ERROR,
        exceptions=(
            "AttributeError",
            "TypeError",
            "RuntimeError",
            "ValueError",
            "OSError",
            "KeyError",
            "NameError",
        ),
        raised_in=(r"\nimporting$",),
        unless=(r"CUDA|cudnn|nvidia|NCCL", r"Permission|Read-only|No space"),
        advice=(
            "Two installed packages do not fit each other: pin versions that belong together in the image's "
            "requirements, rebuild and launch again."
        ),
        specificity=Specificity.CLASS,
        samples=(
            _raised(
                "/usr/lib/python3/site-packages/acmevision/ops.py",
                "import acmevision",
                "RuntimeError: acmevision was built for another torch",
                function="<module>",
            ),
        ),
        counters=("RuntimeError: acmevision was built for another torch",),
    ),
    Rule(
        id="nccl.setup",
        category=Category.NCCL_DISTRIBUTED,
        exceptions=("RuntimeError", "ValueError", "AssertionError"),
        raised_in=(
            (
                r"/torch/distributed/(?:rendezvous|distributed_c10d|constants)\.py in "
                r"(?:init_process_group|_?new_\w*group\w*|\w*rendezvous\w*|_create_\w+|__new__|_env_error|_error)"
            ),
        ),
        advice=(
            "The workers' group was not set up rightly: check the backend, world size, MASTER_ADDR and "
            "MASTER_PORT, and that each process has its own GPU (LOCAL_RANK)."
        ),
        specificity=Specificity.CLASS,
        samples=(
            _raised(
                "/usr/lib/python3/site-packages/torch/distributed/distributed_c10d.py",
                "dist.init_process_group(backend)",
                "ValueError: bad backend name",
                function="init_process_group",
            ),
        ),
    ),
    Rule(
        id="cuda.setup",
        category=Category.CUDA_DRIVER,
        exceptions=("RuntimeError", "AssertionError"),
        raised_in=(r"/torch/cuda/__init__\.py in (?:_lazy_init|_check\w*|get_device\w*|set_device)",),
        unless=(r"out of memory", r"device-side assert", r"forked subprocess"),
        advice=(
            "The GPU could not be used: check that a GPU was asked for, and match the image's CUDA to the "
            "machine's driver."
        ),
        specificity=Specificity.CLASS,
        samples=(
            _raised(
                "/usr/lib/python3/site-packages/torch/cuda/__init__.py",
                "model.cuda()",
                "RuntimeError: the device is not usable",
                function="_lazy_init",
            ),
        ),
    ),
    Rule(
        id="network.raised",
        category=Category.NETWORK,
        exceptions=("TimeoutError", "OSError", "timeout"),
        raised_in=(
            r"/(?:socket|ssl)\.py|/http/client\.py|/(?:urllib3|requests|httpcore|httpx|aiohttp|asyncio)/",
        ),
        unless=(r"No space", r"Too many open files"),
        advice=(
            "The server did not answer in time: launch again, and raise the client's timeout if it repeats."
        ),
        specificity=Specificity.CLASS,
        samples=(_raised("/usr/lib/python3.11/ssl.py", "fetch(url)", "TimeoutError: waited too long"),),
        counters=("TimeoutError: gave up",),
    ),
    Rule(
        id="data.reader",
        category=Category.DATA_MISSING,
        exceptions=(
            "RuntimeError",
            "ValueError",
            "OSError",
            "error",
            "EOFError",
            "TypeError",
            "UnicodeDecodeError",
        ),
        raised_in=(
            (
                r"/(?:torch/serialization|zipfile(?:/__init__)?|tarfile|gzip|lzma|zlib|_compression)\.py|"
                r"/(?:h5py|PIL|pyarrow|safetensors|pandas/io|tensorflow/python/lib/io|webdataset|decord|soundfile|"
                r"torchaudio|nibabel|rasterio|av|zarr|datasets)/"
            ),
        ),
        unless=(r"CUDA", r"schema|column|feature", r"weights_only|Weights only"),
        advice=(
            "The file could not be read: is it whole, and of the kind that the program expects? Copy it "
            "again."
        ),
        specificity=Specificity.CLASS,
        samples=(
            _raised(
                "/usr/lib/python3.11/gzip.py",
                "for row in reader:",
                "zlib.error: Error -3",
            ),
        ),
    ),
)
