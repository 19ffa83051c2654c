"""Rules for settings of the run: the agent's, the queue's, arguments, configuration files."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

CONFIG = (
    Rule(
        id="config.agent",
        category=Category.CONFIG_ERROR,
        patterns=(
            r"failed to call wandb\.init",
            r"invalid value (?:at|for) (?P<field>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+))",
            r"configured to lock (?:the )?\"?(?P<field>\w+)\"?",
            r"no (?:Vertex|Kubernetes|SageMaker|\w+) resource args specified",
            (
                r"(?:missing|no|requires?) .{0,40}(?:staging_bucket|worker_pool_specs|container_spec|"
                r"resource.args)"
            ),
            r"(?:staging_bucket|worker_pool_specs) .{0,40}(?:required|missing|not set)",
            r"could not load (?:launch )?(?:agent )?config",
            (
                r"(?:could not|cannot|can't|unable to|failed to) (?:find|open|load|read|locate|parse) .{0,40}"
                r"\bconfig(?:uration)?(?: file)?\b:? ?(?P<path>\S*)"
            ),
            r"requires a (?:staging bucket|service account|queue|project)",
            r"please specify (?:a|an|the) [\w ]{3,40}(?:in|under|via|with)",
            r"must specify (?:a |an )?(?:queue|project|entity|job|image)",
            r"(?:launch spec|queue config|resource_args)\b.{0,60}(?:invalid|missing|required|must)",
        ),
        advice=(
            "Correct {field} in the queue's or the agent's configuration (W&B Launch > the queue > Edit "
            "config)."
        ),
        samples=(
            (
                "wandb: ERROR launch: Error running job: No Vertex resource args specified. Specify args "
                "via --resource-args"
            ),
        ),
    ),
    Rule(
        id="config.agent_field",
        category=Category.CONFIG_ERROR,
        patterns=(r"agent config error in field (?P<field>[\w.-]+)",),
        advice="Correct {field} in the agent's configuration, then start a runner again.",
        specificity=Specificity.VERDICT,
        samples=("wandb: ERROR Agent config error in field max_jobs (value: lots): not a valid integer",),
    ),
    Rule(
        id="config.disabled",
        category=Category.CONFIG_ERROR,
        patterns=(r"\[?(?P<name>[\w./@-]*)\]? is in (?:the )?(?:DISABLED|DESTROYED) state",),
        advice="Enable {name} again, or name one that is enabled.",
        samples=("exceptions.FailedPrecondition: 400 Secret [a/versions/4] is in DISABLED state.",),
    ),
    Rule(
        id="config.arguments",
        category=Category.CONFIG_ERROR,
        patterns=(
            (
                r"error: (?:the following arguments are required|unrecognized arguments|argument \S+: "
                r"(?:invalid|expected|not allowed)|ambiguous option|invalid choice)[: ]*(?P<argument>.{0,"
                r"60})"
            ),
            (
                r"^(?:the following arguments are required|unrecognized arguments|argument [\w/, -]+: "
                r"(?:invalid|expected)): ?(?P<argument>.{0,60})"
            ),
            r"no such option:? (?P<option>\S+)",
            r"missing (?:option|argument|parameter) '?(?P<option>[\w-]+)",
            r"invalid value for '?(?P<option>[\w-]+)",
            r"invalid value '[^']{0,80}' for '(?P<option>--?[\w-]+)",
            r"unexpected argument '(?P<option>--?[\w-]+)' found",
            r"flags parsing error",
            r"could not consume arg: (?P<option>\S+)",
            r"Got unexpected extra argument",
            r"Some specified arguments are not used by the HfArgumentParser",
            r"no such command",
            (
                r"(?:unknown|unrecogni[sz]ed) (?:flag|option|command[- ]line \w+|switch|subcommand)s?:? "
                r"(?P<option>\S+)"
            ),
            (
                r"(?:environment variable|env var) ['\"`]?(?P<variable>\w+)['\"`]? (?:is |was |must be "
                r")?(?:not set|"
                r"missing|required|undefined|unset|empty)"
            ),
            (
                r"(?P<variable>\b[A-Z][A-Z0-9]+_[A-Z0-9_]+\b):? (?:is |was |must be |environment variable "
                r")?(?:not set|required|unset|unbound variable|parameter not set)"
            ),
            (
                r"must be (?:a |an )?(?:positive|non-negative|one of|either|in|at least|at most|greater|"
                r"less|between)\b.{0,80}(?:got|but|found|received|was)\b"
            ),
            (
                r"(?:is|are) not (?:supported|a valid choice|recogni[sz]ed|allowed)[.,;:]? .{0,"
                r"20}(?:choose|must be|valid|expected|supported|available|one of|allowed)"
            ),
            r"Unrecognized configuration class",
            r"job requires (?:a |an )?[\w ]{3,30}",
            r"missing required (?:environment|env|config|setting|field|key|parameter)\w*",
            r"(?:environment variable|env var) (?P<variable>\w+) expected",
            r"(?P<variable>\w+): unbound variable",
            r"line \d+: (?P<variable>[A-Z][A-Z0-9]*_[A-Z0-9_]+): (?!command not found)",
        ),
        advice="Correct the argument or variable that the line names in the preset (entry_point, args, env).",
        samples=(
            "train.py: error: the following arguments are required: --output_dir",
            "train.py: error: argument --lr: invalid float value: 'fast'",
            "Error: No such option: --epocs",
            "ERROR: Could not consume arg: --lrr",
            "error: invalid value 'x' for '--shards <N>': invalid digit found in string",
            "FATAL Flags parsing error:",
            "ValueError: environment variable DATA_BUCKET is not set",
        ),
    ),
    Rule(
        id="config.validation",
        category=Category.CONFIG_ERROR,
        unless=(r"failed to provision",),
        patterns=(
            r"\d+ validation errors? for (?P<model>\w+)",
            (
                r"(?:mapping values are not allowed|could not find expected ':'|did not find expected|"
                r"while (?:parsing|scanning) (?:a|the) \w+)"
            ),
            r"(?:yaml|toml|hydra|omegaconf|config)\S* .{0,40}(?:parse|syntax|decode)\w* error",
            r"error parsing (?:config|yaml|toml|json)",
            r"Invalid (?:YAML|TOML|config)",
            r"Could not override '(?P<key>[\w.+]+)'",
            r"Key '(?P<key>[\w.]+)' is not in struct",
            r"Missing mandatory value: (?P<key>[\w.]+)",
            r"In '(?P<key>[\w./]+)': Could not (?:find|load)",
            r"Cannot find primary config '?(?P<key>[\w.]+)",
            r"Primary config (?:module|directory) .{0,40}not found",
            r"Error (?:merging|instantiating) '?(?P<key>[\w.]+)",
            r"InterpolationKeyError",
            r"Additional properties are not allowed",
            r"is a required property",
            r"ConfigAttributeError",
            (
                r"(?:config|configuration|setting|hyperparameter|hparam)s? .{0,60}(?:must be|should be|is "
                r"required|missing|invalid|not valid|unknown|not recogni[sz]ed)"
            ),
            r"(?:unknown|unexpected|unrecogni[sz]ed|invalid) (?:config|configuration|setting|hyperparameter)",
            (
                r"(?:--?[\w-]+|`[\w-]+`) (?:requires|is incompatible with|cannot be used (?:with|"
                r"together)|and .{0,40}(?:mutually exclusive|should match|must match|are incompatible))"
            ),
            r"mutually exclusive",
            (
                r"(?:can't|cannot|can not|must not) (?:both )?(?:use|set|be used|be set|be enabled|"
                r"specify)\b.{0,80}(?:together|at the same time|both)"
            ),
            r"at most one of .{0,80}\b(?:can|may|must) be",
            r"declare it as envvar",
            r"requires? the (?:save|eval)\w* (?:and|strategy)",
            r"DeepSpeed.{0,60}(?:config|train_batch_size)",
            r"Check batch related parameters",
            r"please (?:set|specify|provide|check) .{0,60}(?:config|setting|argument|flag)",
            r"please (?:specify|provide|pass|supply) (?:a|an|the|your|either|one of|valid)\b",
            r"please (?:set|export|define) .{0,40}\b(?:environment variable|env var)",
        ),
        advice="Correct the field that the line names in the run's configuration.",
        samples=(
            "pydantic_core._pydantic_core.ValidationError: 1 validation error for TrainConfig",
            "omegaconf.errors.ConfigAttributeError: Key 'lrate' is not in struct",
            "yaml.scanner.ScannerError: mapping values are not allowed here",
        ),
    ),
    Rule(
        id="config.choice",
        category=Category.CONFIG_ERROR,
        patterns=(
            (
                r"(?:unknown|unsupported|invalid|unrecogni[sz]ed) [\w -]{0,40}\b(?:option|optimizer|"
                r"scheduler|backend|precision|dtype|strategy|loss|model[ _]type|mode|choice|activation|"
                r"split|format|argument|value)\b.{0,80}"
                r"(?:choose|expected|one of|available|valid|supported|must be|allowed|known)"
            ),
            r"invalid (?:\w+ )?option: \S+",
        ),
        exceptions=(
            "ValueError",
            "KeyError",
            "AssertionError",
            "NotImplementedError",
            "RuntimeError",
            "TypeError",
        ),
        advice="Set what the line names to one of the values that the program knows.",
        specificity=Specificity.CLASS,
        samples=("ValueError: Unknown optimizer: adamww; choose from adamw, sgd, lion",),
        counters=("ValueError: invalid literal for int() with base 10: 'x'",),
    ),
    Rule(
        id="config.class",
        category=Category.CONFIG_ERROR,
        exceptions=(
            "ValidationError",
            "PydanticUserError",
            "ScannerError",
            "parser.ParserError",
            "ConfigAttributeError",
            "ConfigKeyError",
            "MissingMandatoryValue",
            "TOMLDecodeError",
            "ConfigCompositionException",
            "MissingConfigException",
            "OverrideParseException",
            "InstantiationException",
            "ConfigError",
            "ConfigurationError",
            "UsageError",
            "BadParameter",
            "NoSuchOption",
            "ArgumentError",
            "InterpolationKeyError",
            "DeepSpeedConfigError",
            "ConfigValueError",
            "MisconfigurationException",
            "FireError",
            "NoSectionError",
            "NoOptionError",
            "EnvError",
            "UndefinedValueError",
            "UnparsedFlagAccessError",
            "IllegalFlagValueError",
            "UnrecognizedFlagError",
            "ConfigException",
        ),
        advice="Correct the field that the line names in the run's configuration.",
        specificity=Specificity.CLASS,
        samples=("hydra.errors.InstantiationException: Error in call to target",),
    ),
)
