"""The known words of systems, versions, extras and errors: what is not among them may be somebody's own."""

from typing import Final

SYSTEMS: Final = frozenset(
    {"ubuntu", "debian", "fedora", "alpine", "arch", "archlinux", "centos", "rhel", "rocky", "almalinux", "amzn",
     "opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles", "gentoo", "nixos", "void", "manjaro", "linuxmint",
     "raspbian", "kali", "mageia", "ol", "photon", "azurelinux", "mariner", "wolfi", "chainguard", "distroless",
     "freebsd", "openbsd", "netbsd", "macos", "darwin", "windows", "linux"}
)  # fmt: skip

SYSTEM_WORDS: Final = SYSTEMS | frozenset(
    {"gnu/linux", "gnu", "lts", "red", "hat", "enterprise", "server", "core", "stream", "edition", "container", "image",
     "release", "amazon", "oracle", "leap", "tumbleweed", "suse", "workstation", "cloud", "os", "x", "mint", "base",
     "os-release", "version", "bullseye", "bookworm", "trixie", "forky", "sid", "buster", "stretch", "jammy", "noble",
     "focal", "bionic", "xenial", "jellyfish", "numbat", "fossa", "beaver", "unstable", "testing", "stable", "edge",
     "thirty", "forty", "two", "nine", "generic", "x86_64", "aarch64", "arm64", "amd64", "glibc"}
)  # fmt: skip
"""Words in what a system says of itself; a description is kept up to the first other one."""

VERSION_WORDS: Final = frozenset(
    {"post", "alpha", "beta", "final", "release", "preview", "snapshot", "build", "stable", "nightly", "trunk", "dfsg",
     "ubuntu", "debian", "really", "repack", "repacked", "orig", "nmu", "raspbian", "backport", "ppa", "exp", "esm",
     "hotfix", "patch", "relstable", "main", "master"}
)  # fmt: skip
"""Words of four letters or more that versions have of old; shorter ones (rc, git, deb, bpo) are let through."""

EXTRAS: Final = frozenset(
    {"doc", "docs", "documentation", "dev", "develop", "development", "test", "tests", "testing", "all", "full", "complete",
     "extra", "extras", "standard", "lint", "typing", "types", "cli", "async", "asyncio", "speedups", "speed", "security",
     "socks", "http2", "brotli", "toml", "yaml", "json", "xml", "html", "html5", "pdf", "plot", "plots", "plotting", "gui",
     "gpu", "cpu", "cuda", "viz", "io", "parallel", "performance", "recommended", "optional", "examples", "tutorials",
     "server", "client", "web", "db", "sql", "imaging", "i18n", "rtd", "sphinx", "linkify", "plugins", "code-style",
     "benchmark", "benchmarks", "binary", "c", "argon2", "bcrypt", "email", "crypto", "ssh", "colors", "rich", "jupyter"}
)  # fmt: skip
"""Names that extras commonly have; others are kept where a public package has the name."""

CONFIG_WORDS: Final = SYSTEMS | VERSION_WORDS | EXTRAS | frozenset(
    {"true", "false", "yes", "off", "none", "null", "any", "auto", "latest", "testing", "lts", "deb", "bpo", "git",
     "htmlzip", "epub", "htmldir", "dirhtml", "singlehtml", "singlehtmldir", "readthedocs", "rtd", "mkdocs", "generic",
     "pip", "setuptools", "sync", "conda", "mamba", "pypy", "cpython", "miniconda", "anaconda", "mambaforge", "miniforge",
     "nodejs", "ruby", "rust", "golang", "jruby", "truffleruby", "graalpy", "image", "ubuntu", "minimal", "noarch"}
)  # fmt: skip
"""Words of three letters or more in the values of configurations: tools with their versions, builders, formats, extras."""

ERRORS: Final = frozenset(
    {"exit", "signal", "timeout", "unparseable", "container_gone", "unknown_key", "config_invalid", "too_large",
     "not_found", "no_answer", "killed", "cancelled", "unsafe", "no_list", "junk", "truncated"}
)  # fmt: skip
"""Words in lower case that stand for an error; else it is a class name."""

IMPLEMENTATIONS: Final = frozenset(
    {
        "CPython",
        "PyPy",
        "GraalPy",
        "GraalVM",
        "Jython",
        "IronPython",
        "MicroPython",
        "Pyston",
        "Stackless",
        "RustPython",
    }
)
