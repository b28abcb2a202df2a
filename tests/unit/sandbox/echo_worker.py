"""A worker for the tests: does what the request says."""

import sys
import time

from verigrad.sandbox.workers_child import serve


def prepare():
    print("noise while starting")

    def handle(request):  # noqa: RET503
        match request["do"]:
            case "echo":
                print("noise while answering")
                sys.stdout.write("more noise")
                return request["value"]
            case "spin":
                while True:
                    pass
            case "sleep":
                time.sleep(60)
            case "swell":
                return len(bytearray(1 << 40))
            case "raise":
                raise ValueError("no")
            case "read":
                return sys.stdin.read()

    return handle


if __name__ == "__main__":
    serve(prepare)
