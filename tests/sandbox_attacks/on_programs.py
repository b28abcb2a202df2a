"""Attacks by programs that are not Python: the shell with all of /usr at hand, and machine code."""

from sandbox_attacks.attack import ANY, SOON, Attack
from verigrad.sandbox import Limits, Status

ONLY_NAMESPACES = ("namespaces",)
TIMEOUT = frozenset({Status.TIMEOUT})
READ_BAIT = """
read -r bait <&3
value() { echo "$bait" | sed "s/.*\\"$1\\": \\"\\{0,1\\}\\([^,\\"}]*\\).*/\\1/"; }
breach() { echo "BREACH $*"; }
"""


def shell(name: str, source: str, **rest) -> Attack:
    return Attack(name, READ_BAIT + source, preset="shell", levels=ONLY_NAMESPACES, **rest)


ATTACKS = [
    shell(
        "shell: read and overwrite what lies outside",
        """
canary=$(value canary)
[ -n "$canary" ] || breach no bait
cat "$canary" 2>&1 && breach read
echo x > "$canary" 2>/dev/null && breach write
ln "$canary" here 2>/dev/null && breach link
for path in /etc/shadow /root/.ssh /home /proc/1/environ /sys/kernel /var/log; do
    [ -e "$path" ] && breach "$path"
done
touch /usr/x /etc/x /box/x /x 2>/dev/null && breach touch
find / -newer /etc/passwd -type f -writable -not -path '/box/*' 2>/dev/null | grep -v '^/dev' | grep . && breach writable
true
""",
        limits=Limits(wall_s=8.0),
    ),
    shell(
        "shell: reach the network",
        """
(exec 7<>/dev/tcp/127.0.0.1/$(value port)) 2>/dev/null && breach tcp
(exec 7<>/dev/udp/127.0.0.1/53) 2>/dev/null && breach udp
perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0) and print "BREACH perl\\n"'
true
""",
    ),
    shell(
        "shell: daemons by setsid and nohup",
        """
setsid sleep 60 >/dev/null 2>&1 </dev/null &
nohup sleep 60 >/dev/null 2>&1 &
(trap '' HUP TERM INT; sleep 60) &
exit 0
""",
    ),
    shell("shell: fork bomb", ":() { :|:& }; :; sleep 30", limits=SOON, ends=TIMEOUT),
    shell("shell: kill everything", "kill -9 -1; kill -9 0; kill -9 1; kill -9 $PPID; true"),
    shell(
        "shell: set-user-id programs and namespaces",
        """
for program in su mount umount passwd sudo newgrp; do
    timeout 1 $program </dev/null >/dev/null 2>&1
    [ "$(id -u)" = 0 ] && breach root
done
unshare -r true 2>/dev/null && breach unshare
mount -t tmpfs none /tmp 2>/dev/null && breach mount
[ -z "$(env | grep -v '^\\(PATH\\|LANG\\|HOME\\|TMPDIR\\|PWD\\|SHLVL\\|_\\|OLDPWD\\|LC_CTYPE\\)=')" ] || breach "$(env)"
true
""",
        limits=Limits(wall_s=10.0),
    ),
    shell(
        "shell: fill the disk",
        "head -c 100000000 /dev/zero > big && breach wrote\nls -l big | grep -q 100000000 && breach kept; exit 1",
        limits=Limits(wall_s=3.0, disk_mb=4),
        ends=ANY,
    ),
    shell("shell: flood", "yes", ends=frozenset({Status.OUTPUT_LIMIT})),
    Attack(
        "machine code: raw calls",
        """
#include <stdio.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(void) {
    long calls[][4] = {{SYS_socket, 2, 1, 0}, {SYS_ptrace, 0, 0, 0}, {SYS_unshare, 0x10000000, 0, 0}, {SYS_mount, 0, 0, 0},
        {SYS_setuid, 0, 0, 0}, {SYS_memfd_create, (long)"x", 0, 0}, {321, 0, 0, 0}, {425, 1, 0, 0}, {SYS_keyctl, 0, 0, 0}};
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        if (syscall(calls[i][0], calls[i][1], calls[i][2], calls[i][3]) >= 0) printf("BREACH %ld\\n", calls[i][0]);
    for (int descriptor = 5; descriptor < 1024; descriptor++)
        if (dup(descriptor) >= 0) printf("BREACH descriptor %d\\n", descriptor);
    return 0;
}
""",
        preset="c",
        entry="main.c",
        levels=ONLY_NAMESPACES,
    ),
    Attack(
        "machine code: include what lies outside while compiling",
        '#include "/etc/shadow"\n#include "/proc/self/environ"\nint main(void) { return 0; }\n',
        preset="c",
        entry="main.c",
        levels=ONLY_NAMESPACES,
    ),
    Attack(
        "machine code: embed a file of the machine",
        '__asm__(".incbin \\"/etc/hostname\\"");\nint main(void) { return 0; }\n',
        preset="c",
        entry="main.c",
        levels=ONLY_NAMESPACES,
    ),
    Attack(
        "machine code: make the compiler run for ever",
        "#include __FILE__\n#include __FILE__\nint main(void) { return 0; }\n",
        preset="c",
        entry="main.c",
        levels=ONLY_NAMESPACES,
    ),
]
