"""Rules for the network between the program and a server."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

#: Messages between the processes of one job, which are no network faults.
DISTRIBUTED = (r"gloo\b", r"ProcessGroup", r"TCPStore", r"c10d", r"pair\.cc", r"NCCL")

NETWORK = (
    Rule(
        id="network.rate_limit",
        category=Category.NETWORK,
        unless=DISTRIBUTED,
        patterns=(
            r"\b429 (?:client error|too many requests)",
            r"HTTP ?Error 429",
            r"status(?: code)?:? 429",
            r"too many requests",
            r"rate.?limit(?:ed| exceeded| reached)",
        ),
        advice=(
            "The server limits how often it is asked: download once into a bucket or the image, set a "
            "token (HF_TOKEN), or launch fewer jobs at once."
        ),
        samples=(
            (
                "huggingface_hub.errors.HfHubHTTPError: 429 Too Many Requests for url: "
                "https://huggingface.co/x/y/resolve/main/config.json."
            ),
        ),
    ),
    Rule(
        id="network.dns",
        category=Category.NETWORK,
        unless=DISTRIBUTED,
        patterns=(
            r"unable to resolve (?:host|name)",
            r"name or service not known",
            r"temporary failure in name resolution",
            r"failed to resolve '?(?P<host>[\w.-]+)",
            r"could ?n.t resolve host:? ?(?P<host>[\w.-]+)",
            r"could not resolve (?:host|proxy|')",
            r"no address associated with hostname",
            r"nodename nor servname",
            r"getaddrinfo",
            r"no such host",
            r"NameResolutionError",
            r"EAI_AGAIN",
            r"ENOTFOUND\b",
            r"temporary failure resolving '(?P<host>[\w.-]+)'",
            r"DNS (?:resolution|lookup|server) .{0,20}(?:fail|error)",
            r"unknown host",
        ),
        advice=(
            "The host's name does not resolve from there: check its spelling, the network's DNS and its "
            "way out (Cloud NAT, proxy, VPC connector)."
        ),
        samples=(
            (
                "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='data.acme.example', "
                'port=443): Max retries exceeded with url: / (Caused by NameResolutionError("Failed to '
                "resolve 'data.acme.example' ([Errno -2] Name or service not known)\"))"
            ),
            "curl: (6) Could not resolve host: packages.acme.example",
        ),
    ),
    Rule(
        id="network.tls",
        category=Category.NETWORK,
        unless=DISTRIBUTED,
        patterns=(
            r"invalid peer certificate",
            r"CaUsedAsEndEntity",
            r"CERTIFICATE_VERIFY_FAILED",
            r"certificate verify failed",
            r"self.signed certificate",
            r"x509: ",
            r"SSLError",
            r"SSL(?:V3)?_?(?:ERROR|certificate problem|handshake)",
            r"certificate (?:has expired|is not trusted|problem|signed by unknown)",
            r"tls: ",
            r"WRONG_VERSION_NUMBER",
            r"server certificate verification failed",
            r"UNEXPECTED_EOF_WHILE_READING",
        ),
        advice=(
            "The server's certificate is not trusted: install the proxy's or company's CA in the image "
            "(REQUESTS_CA_BUNDLE, SSL_CERT_FILE), or correct the host."
        ),
        samples=(
            (
                "requests.exceptions.SSLError: HTTPSConnectionPool(host='x', port=443): Max retries "
                "exceeded with url: / (Caused by SSLError(SSLCertVerificationError(1, '[SSL: "
                "CERTIFICATE_VERIFY_FAILED] certificate verify failed')))"
            ),
            "curl: (60) SSL certificate problem: self-signed certificate",
        ),
    ),
    Rule(
        id="network.refused",
        category=Category.NETWORK,
        unless=DISTRIBUTED,
        patterns=(
            r"connection refused",
            r"\[Errno 111\]",
            r"ECONNREFUSED",
            r"actively refused",
            r"failed to connect to (?P<host>[\w.-]+) port \d+",
            r"couldn't connect to server",
            r"No route to host",
            r"network (?:is )?unreachable",
            r"\[Errno 1(?:01|13)\]",
            r"E(?:HOST|NET)UNREACH",
            r"failed to establish a new connection",
            (
                r"(?:unable|could not|failed) to connect to (?:port|host|server|the endpoint|"
                r"(?P<peer>[\w.-]+:\d+))"
            ),
            r"NoBrokersAvailable",
            r"proxy ?error",
            r"tunnel connection failed",
            r"cannot connect to proxy",
            r"cannot connect to host (?P<host>[\w.-]+)",
        ),
        advice=(
            "Nothing answers at that address from there: check host, port, firewall and the network's "
            "way out (Cloud NAT, VPC peering)."
        ),
        samples=(
            "ConnectionRefusedError: [Errno 111] Connection refused",
            (
                "fatal: unable to access 'https://git.acme.example/x.git/': Failed to connect to "
                "git.acme.example port 443 after 21 ms: Couldn't connect to server"
            ),
        ),
    ),
    Rule(
        id="network.reset",
        category=Category.NETWORK,
        unless=(*DISTRIBUTED, r"in archive", r"might be corrupt|expected \d+ more bytes"),
        patterns=(
            r"connection (?:was )?reset",
            r"reset by peer",
            r"\[Errno 104\]",
            r"ECONNRESET",
            r"connection (?:aborted|broken|closed unexpectedly|lost|was closed)",
            r"broken pipe",
            r"\[Errno 32\]",
            r"IncompleteRead",
            r"remote end closed connection",
            r"RemoteDisconnected",
            r"server disconnected",
            r"chunkedencodingerror",
            r"ProtocolError",
            r"unexpected EOF",
            r"early EOF",
            r"RPC failed; (?:curl|HTTP)",
            r"the remote end hung up",
            r"invalid index-pack",
            r"ConnectionClosed",
            r"peer closed connection",
            r"did not match Content-Length",
            r"\[Errno (?:107|116)\]",
            r"transport endpoint is not connected",
            r"stale (?:NFS )?file handle",
        ),
        advice=(
            "The connection broke off: launch again; if it repeats, download in smaller parts with "
            "retries, or copy the data to a bucket in the region first."
        ),
        samples=(
            (
                "requests.exceptions.ConnectionError: ('Connection aborted.', ConnectionResetError(104, "
                "'Connection reset by peer'))"
            ),
            "fatal: early EOF",
        ),
    ),
    Rule(
        id="network.timed_out",
        category=Category.NETWORK,
        unless=DISTRIBUTED,
        patterns=(
            r"read timed out",
            r"connect(?:ion)? (?:to \S+ )?timed out",
            r"(?:Read|Connect)Timeout(?:Error)?",
            r"\[Errno 110\]",
            r"ETIMEDOUT",
            r"i/o timeout",
            r"TLS handshake timeout",
            r"socket[. ]timeout",
            r"(?:operation|requests?) timed out",
            r"timed out \(connect",
            r"connection attempt timed out",
            r"Client\.Timeout exceeded",
            r"Timeout of [\d.]+s exceeded",
            r"operation too slow",
        ),
        advice=(
            "The server did not answer in time: launch again, raise the client's timeout "
            "(HF_HUB_DOWNLOAD_TIMEOUT), or keep the data in a bucket of the same region."
        ),
        samples=(
            (
                "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='a.example', port=443): Read "
                "timed out. (read timeout=3)"
            ),
            "curl: (28) Operation timed out after 30001 milliseconds with 0 bytes received",
        ),
    ),
    Rule(
        id="network.hub_offline",
        category=Category.NETWORK,
        patterns=(
            r"we couldn't connect to '?https?://(?P<host>[\w.-]+)",
            r"cannot (?:reach|find the requested files in the (?:disk|local) cache)",
            r"check your (?:internet )?connection",
            r"an error happened while trying to locate the file on the hub",
            r"offline mode is enabled",
            r"outgoing traffic has been disabled",
            r"couldn't reach (?:the hugging ?face hub|'?\S+'? on the hub|https?://\S+)",
            r"max retries exceeded with url",
        ),
        advice=(
            "The hub could not be reached and nothing was cached: check the network's way out and "
            "HF_HUB_OFFLINE, or bake the model into the image."
        ),
        specificity=Specificity.CLASS,
        samples=(
            (
                "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and "
                "couldn't find them in the cached files."
            ),
        ),
    ),
)
