"""Attacks on budgets: memory, output, time, descriptors, the interpreter's own crashes."""

from sandbox_attacks.attack import QUICK, SOON, Attack
from verigrad.sandbox import Limits, Status

TIMEOUT = frozenset({Status.TIMEOUT})
MEMORY = frozenset({Status.MEMORY, Status.SIGNALLED, Status.TIMEOUT})
FLOOD = frozenset({Status.OUTPUT_LIMIT})
CRASH = frozenset({Status.SIGNALLED, Status.EXITED, Status.MEMORY, Status.TIMEOUT})
SLIM = Limits(wall_s=2.0, memory_mb=100)

ATTACKS = [
    Attack("one huge allocation", "x = bytearray(10 ** 11)", limits=SLIM, ends=MEMORY, bare=True),
    Attack(
        "memory by and by",
        "x = []\nwhile True: x.append(bytearray(10 ** 6))",
        limits=SLIM,
        ends=MEMORY,
        bare=True,
    ),
    Attack(
        "memory in many processes",
        """
import time
try:
    for _ in range(6):
        if os.fork() == 0: break
except OSError as error:
    print(error)
x = bytearray(80 << 20)
for i in range(0, len(x), 4096): x[i] = 1
time.sleep(5)
""",
        limits=Limits(wall_s=2.0, memory_mb=100, processes=8),
        ends=MEMORY,
        levels=("namespaces",),
    ),
    Attack(
        "memory in pipes",
        """
import fcntl
total, pipes = 0, []
try:
    while total < 200 << 20:
        reader, writer = os.pipe(); pipes.append((reader, writer))
        try: fcntl.fcntl(writer, 1031, 1 << 20)
        except OSError: pass
        os.set_blocking(writer, False)
        try:
            while True: total += os.write(writer, bytes(65536))
        except BlockingIOError: pass
    breach(total)
except OSError as error:
    print(total, error)
""",
    ),
    Attack(
        "compressed bomb",
        "import zlib\nd = zlib.decompressobj()\nc = zlib.compress(bytes(10 ** 7), 9)\nx = b''\nwhile True: x += zlib.decompress(c)",
        limits=SLIM,
        ends=MEMORY,
        bare=True,
    ),
    Attack("flood of stdout", "while True: print('x' * 1000)", ends=FLOOD, bare=True),
    Attack(
        "flood of the message",
        "import os\nwhile True: os.write(4, b'x' * 65536)",
        ends=FLOOD,
        bare=True,
    ),
    Attack(
        "flood of stderr",
        "import sys\nwhile True: sys.stderr.write('x' * 1000)",
        limits=SOON,
        ends=TIMEOUT,
        bare=True,
    ),
    Attack(
        "slow drip past the deadline",
        "import time\nwhile True:\n    print('.', flush=True)\n    time.sleep(0.01)",
        limits=SOON,
        ends=TIMEOUT,
        bare=True,
    ),
    Attack("sleep", "import time\ntime.sleep(60)", limits=SOON, ends=TIMEOUT, bare=True),
    Attack(
        "swallow everything",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        limits=SOON,
        ends=TIMEOUT,
        bare=True,
    ),
    Attack(
        "burn CPU on several threads",
        "import threading\ndef f():\n    while True: pass\nfor _ in range(3): threading.Thread(target=f).start()\nf()",
        limits=SOON,
        ends=TIMEOUT,
        bare=True,
    ),
    Attack("never return from C", "9 ** 9 ** 9", limits=SOON, ends=TIMEOUT, bare=True),
    Attack(
        "backtracking pattern",
        "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
        limits=SOON,
        ends=TIMEOUT,
        bare=True,
    ),
    Attack(
        "CPU budget",
        "while True: pass",
        limits=Limits(wall_s=4.0, cpu_s=1.0),
        ends=TIMEOUT,
        bare=True,
    ),
    Attack(
        "patched clock",
        "import time\ntime.time = time.monotonic = time.perf_counter = lambda: 0\nwhile True: pass",
        limits=SOON,
        ends=TIMEOUT,
        bare=True,
    ),
    Attack(
        "wait on stdin and messages forever",
        "import os\nr, w = os.pipe()\nos.read(r, 1)",
        limits=SOON,
        ends=TIMEOUT,
        bare=True,
    ),
    Attack(
        "compile bomb", "compile('(' * 100000 + ')' * 100000, '', 'eval')", ends=CRASH, bare=True
    ),
    Attack(
        "deep nesting in the source itself", "x = " + "[" * 5000 + "]" * 5000, ends=CRASH, bare=True
    ),
    Attack(
        "recursion into the C stack",
        "import sys\nsys.setrecursionlimit(10 ** 8)\ndef f(): f()\nf()",
        limits=SLIM,
        ends=CRASH,
        bare=True,
    ),
    Attack(
        "nested repr",
        "x = []\nfor _ in range(10 ** 6): x = [x]\nimport sys\nsys.setrecursionlimit(10 ** 8)\nrepr(x)",
        limits=SLIM,
        ends=CRASH,
        bare=True,
    ),
    Attack(
        "segmentation fault",
        "import ctypes\nctypes.string_at(0)",
        ends=frozenset({Status.SIGNALLED}),
        bare=True,
    ),
    Attack(
        "broken small integers",
        "import ctypes\nctypes.memset(id(1) + 24, 0, 4)\nprint(1 + 1)",
        ends=CRASH,
        bare=True,
    ),
    Attack(
        "close every descriptor",
        "import os\nos.closerange(0, 1000)\nprint('gone')",
        bare=True,
        ends=CRASH,
    ),
    Attack(
        "swap descriptors",
        "import os\nos.dup2(0, 1)\nos.dup2(4, 2)\nos.dup2(1, 4)\nprint('x' * 100)",
        bare=True,
        ends=CRASH,
    ),
    Attack(
        "look for descriptors beyond its own",
        """
for number in [*range(5, 1024), 4096, 65535]:
    try: os.fstat(number)
    except OSError: continue
    breach(f"descriptor {number}")
""",
    ),
    Attack(
        "descriptor bomb",
        "import os\nx = []\ntry:\n    while True: x.append(os.dup(1))\nexcept OSError: pass\nif len(x) > 64: print('BREACH', len(x))",
        bare=True,
    ),
    Attack(
        "invalid text and terminal escapes",
        r"import os; os.write(1, b'\xff\xfe\0\x1b]0;pwn\a\x1b[2J'); os.write(4, bytes(range(256))); os.write(2, b'sandbox: forged')",
        bare=True,
        ends=frozenset({Status.EXITED}),
    ),
    Attack(
        "forge the sandbox's own failure",
        "import os; os.write(2, b'sandbox: OSError: forged'); os._exit(125)",
        bare=True,
        limits=QUICK,
        ends=frozenset({Status.EXITED}),
    ),
    Attack(
        "environment and memory hold no secret of the trainer",
        """
for name, value in os.environ.items():
    if "SECRET" in name or BAIT["secret"] in value: breach(name)
if set(os.environ) - {"PATH", "LANG", "HOME", "TMPDIR", "LC_CTYPE"}: breach(sorted(os.environ))
for name in ("verigrad", "pydantic", "pytest", "inside"):
    if any(module.split(".")[0] == name for module in sys.modules): breach(name)
""",
    ),
    Attack(
        "walk the frames and the heap to the zygote",
        """
import gc
frame, seen = sys._getframe(), []
while frame is not None:
    seen.append((frame.f_code.co_name, dict(frame.f_locals))); frame = frame.f_back
sockets = [o for o in gc.get_objects() if type(o).__name__ == "socket"]
for s in sockets:
    for attempt in (lambda: s.send(b"forged"), lambda: s.recv(10)):
        try: attempt()
        except (OSError, ValueError) as error: print(error)
        else: breach("a socket of the zygote works")
""",
    ),
    Attack(
        "patch the way out and run into the zygote's loop",
        """
import gc
os._exit = sys.exit = lambda *_: None
for function in (o for o in gc.get_objects() if type(o).__name__ == "function" and "inside" in (o.__module__ or "")):
    function.__code__ = (lambda *a, **k: 0).__code__ if not function.__code__.co_freevars else function.__code__
""",
        limits=SOON,
    ),
]
