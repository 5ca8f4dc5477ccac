"""Prints what pip makes of requirements files, line by line: run by a Python that has pip. argv: a folder for each project.

One JSON object a project: `names` of what would be installed, `constraints`, and `refused`, the lines that pip ends with.
"""

import json
import os
import posixpath
import re
import sys

from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_editable, install_req_from_line
from pip._internal.req.req_file import get_file_content, get_line_parser, preprocess


def read(path, constraint, seen, found):
    if (path, constraint) in seen:
        return
    seen.add((path, constraint))
    try:
        _, content = get_file_content(path, PipSession())
    except Exception:  # noqa: BLE001  # whatever pip raises for a line, it refuses the file
        found["refused"] += 1
        return
    parse = get_line_parser(None)
    for _, line in preprocess(content):
        try:
            arguments, options = parse(line)
            nested = (options.requirements or options.constraints or [None])[0]
            if arguments or options.editables:
                make = install_req_from_line if arguments else install_req_from_editable
                requirement = make(arguments or options.editables[0])
                if requirement.req is not None:
                    name = re.sub(r"[-_.]+", "-", requirement.req.name).lower()
                    found["constraints" if constraint else "names"].append(name)
            elif nested and "://" not in nested and not nested.startswith(("/", "../", "${")):
                inner = posixpath.normpath(posixpath.join(posixpath.dirname(path), nested))
                read(inner, constraint or not options.requirements, seen, found)
        except Exception:  # noqa: BLE001  # whatever pip raises for a line, it refuses the file
            found["refused"] += 1


for folder in sys.argv[1:]:
    os.chdir(folder)
    answer = {"names": [], "constraints": [], "refused": 0}
    read("requirements.txt", False, set(), answer)
    print(json.dumps(answer))
