"""Intended differences of -c, by corpus name. code: our exit code; lines, words: what our alerts name instead;
talks/silent: we print something for a good file / no warning where haproxy warns; oracle: haproxy 2.6's own verdict
is not the kind's (the level is 3.5). why: an id of differences.md."""

INTENDED = {
    "address-on-frontend-line": {"why": "D2", "oracle": 1, "code": 0},
    "server-timeout-tutorial": {"why": "D31", "code": 0},
    "missing-endif": {"why": "D4", "lines": [1]},
    "server-missing-value": {"why": "D3", "oracle": 0, "code": 1, "lines": [8], "words": ["weight"]},
    "bad-number": {"why": "D3", "oracle": 0, "code": 1, "lines": [8], "words": ["many"]},
    "retries-bad": {"why": "D3", "oracle": 0, "code": 1, "lines": [8], "words": ["-2"]},
}
