"""Every puzzle's rules once more, written for the tests: by brute force or with networkx.

A family has `decode` (its answer text as a plain structure), `mutate`, `encode` and `is_right`.
None of this is shared with the verifiers or the generators.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import networkx as nx


@dataclass(frozen=True)
class Family:
    decode: Callable[[str], Any]
    mutate: Callable[[Any, dict, random.Random], Any]
    encode: Callable[[Any], str]
    is_right: Callable[[dict, Any], bool]


def replaced(items, rng, choices):
    """One item of a list replaced by another value, or two swapped."""
    items = list(items)
    if rng.random() < 0.5 and len(items) > 1:
        one, two = rng.sample(range(len(items)), 2)
        items[one], items[two] = items[two], items[one]
    else:
        items[rng.randrange(len(items))] = rng.choice(choices)
    return items


def edited(items, rng, choices):
    """One item removed, added, replaced, or two swapped."""
    items = list(items)
    kind = rng.randrange(3)
    if kind == 0 and len(items) > 1:
        del items[rng.randrange(len(items))]
    elif kind == 1:
        items.insert(rng.randrange(len(items) + 1), rng.choice(choices))
    else:
        return replaced(items, rng, choices)
    return items


# --- grids


def mutate_grid(rows, info, rng):
    size = info["size"]
    flat = replaced([n for row in rows for n in row], rng, range(1, size + 1))
    return [flat[i : i + size] for i in range(0, size * size, size)]


def grid_is_right(info, rows):
    size = info["size"]
    groups = [[(r, c) for c in range(size)] for r in range(size)]
    groups += [[(r, c) for r in range(size)] for c in range(size)]
    if info["box"]:
        h, w = info["box"]
        for top, left in product(range(0, size, h), range(0, size, w)):
            groups.append([(top + i, left + j) for i in range(h) for j in range(w)])
    if info["diagonal"]:
        groups.append([(i, i) for i in range(size)])
        groups.append([(i, size - 1 - i) for i in range(size)])
    cages = [tuple(map(tuple, cage["cells"])) for cage in info["cages"]]
    for group in [*groups, *cages]:
        for (a, b), (c, d) in combinations(group, 2):
            if rows[a][b] == rows[c][d]:
                return False
    totals = [cage["total"] for cage in info["cages"]]
    if any(sum(rows[r][c] for r, c in cage) != t for cage, t in zip(cages, totals, strict=True)):
        return False
    if any(rows[a][b] >= rows[c][d] for (a, b), (c, d) in info["less"]):
        return False
    givens = info["givens"]
    cells = product(range(size), repeat=2)
    return all(not givens[r][c] or givens[r][c] == rows[r][c] for r, c in cells)


def queens_are_right(info, columns):
    queens = list(enumerate(columns, start=1))
    for (r, c), (s, d) in combinations(queens, 2):
        if c == d or abs(r - s) == abs(c - d):
            return False
    return all(columns[row] == column + 1 for row, column in info["placed"])


# --- assignments


def pairs(text):
    return dict(item.split(": ") for item in text.split(", "))


def unpairs(found):
    return ", ".join(f"{key}: {value}" for key, value in found.items())


def mutate_values(choices):
    def mutate(found, info, rng):
        values = replaced(found.values(), rng, choices(info))
        return dict(zip(found, values, strict=True))

    return mutate


def coloring_is_right(info, color):
    return all(color[a] != color[b] for a, b in info["edges"])


def says(claim, world):
    head, *rest = claim
    if head == "knight":
        return world[rest[0]] == "knight"
    if head == "knave":
        return world[rest[0]] == "knave"
    a, b = says(rest[0], world), says(rest[1], world)
    return (a and b) if head == "and" else (a or b) if head == "or" else (
        (b if a else True) if head == "if" else a == b
    )  # fmt: skip


def island_is_right(info, world):
    return all((world[who] == "knight") == says(claim, world) for who, claim in info["statements"])


def decode_street(text):
    return [row.split(": ")[1].split(", ") for row in text.split(" / ")]


def mutate_street(rows, info, rng):
    """Two houses swap their values of one attribute (or it all stays)."""
    rows = [list(row) for row in rows]
    one, two = rng.sample(range(len(rows)), 2)
    kind = rng.choice(list(info["attributes"].values()))
    i, j = (next(k for k, v in enumerate(rows[h]) if v in kind) for h in (one, two))
    rows[one][i], rows[two][j] = rows[two][j], rows[one][i]
    return rows


def street_is_right(info, rows):
    house = {value: n for n, row in enumerate(rows, start=1) for value in row}
    for kind, a, b in info["clues"]:
        x, y = house[a], b if isinstance(b, int) else house[b]
        if kind in ("same", "at") and x != y:
            return False
        if kind in ("different", "not_at") and x == y:
            return False
        if kind == "next" and x - y not in (1, -1):
            return False
        if kind == "left" and y - x != 1:
            return False
        if kind == "before" and not x < y:
            return False
    return True


# --- graphs and ways


def path_is_right(info, nodes):
    graph = nx.Graph()
    for a, b, cost in info["edges"]:
        graph.add_edge(a, b, weight=cost)
    ends = nodes and (nodes[0], nodes[-1]) == (info["start"], info["goal"])
    if not ends or len(nodes) < 2 or not nx.is_path(graph, nodes):
        return False
    least = nx.shortest_path_length(graph, nodes[0], nodes[-1], weight="weight")
    return nx.path_weight(graph, nodes, "weight") == least


def way_is_right(info, letters):
    rows = info["rows"]
    graph = nx.grid_2d_graph(len(rows), len(rows[0]))
    graph.remove_nodes_from([c for c in list(graph) if rows[c[0]][c[1]] == "#"])
    [start] = [c for c in graph if rows[c[0]][c[1]] == "S"]
    [goal] = [c for c in graph if rows[c[0]][c[1]] == "G"]
    cells = [start]
    for letter in letters:
        r, c = cells[-1]
        cells.append({"U": (r - 1, c), "D": (r + 1, c), "L": (r, c - 1), "R": (r, c + 1)}[letter])
    if cells[-1] != goal or not nx.is_path(graph, cells):
        return False
    return len(letters) == nx.shortest_path_length(graph, start, goal)


def cnf_is_right(info, literals):
    return all(set(clause) & set(literals) for clause in info["clauses"])


# --- plans


def hanoi_is_right(info, moves):
    if len(moves) > info["max_moves"]:
        return False
    peg = dict(enumerate(info["start"]))
    for move in moves:
        source, target = map(int, move.split(">"))
        on_source = [disk for disk in peg if peg[disk] == source]
        on_target = [disk for disk in peg if peg[disk] == target]
        if source == target or not on_source or (on_target and min(on_target) < min(on_source)):
            return False
        peg[min(on_source)] = target
    return [peg[disk] for disk in sorted(peg)] == info["goal"]


def blocks_are_right(info, steps):
    """Blocks as a dictionary of what each stands on; the hand holds one or none."""
    below = {x[1]: x[2] if x[0] == "on" else "table" for x in info["init"] if x[0].startswith("on")}
    hand = None
    for step in steps:
        name, block, *other = step.split()
        covered = set(below.values())
        if name in ("pick_up", "unstack"):
            wanted = "table" if name == "pick_up" else other[0]
            if hand or block in covered or below.get(block) != wanted:
                return False
            hand = block
            del below[block]
        else:
            target = "table" if name == "put_down" else other[0]
            free = target == "table" or (target in below and target not in covered)
            if hand != block or not free:
                return False
            below[block] = target
            hand = None
    goal = {x[1]: x[2] if x[0] == "on" else "table" for x in info["goal"]}
    return all(below.get(block) == place for block, place in goal.items())


def block_steps(info):
    blocks = sorted(info["objects"])
    ones = [f"{name} {block}" for name in ("pick_up", "put_down") for block in blocks]
    twos = [f"{n} {a} {b}" for n in ("stack", "unstack") for a, b in product(blocks, blocks)]
    return ones + twos


def decode_schedule(text):
    return [list(map(int, row.split())) for row in text.split(" / ")]


def mutate_schedule(rows, info, rng):
    rows = [list(row) for row in rows]
    row = rng.choice(rows)
    row[rng.randrange(len(row))] += rng.choice([-2, -1, 1, 2])
    return rows


def schedule_is_right(info, rows):
    """Hour by hour: who is on which machine."""
    busy = set()
    for job, starts in zip(info["jobs"], rows, strict=True):
        before = 0
        for (machine, duration), start in zip(job, starts, strict=True):
            if start < before or start + duration > info["deadline"]:
                return False
            before = start + duration
            for hour in range(start, before):
                if (machine, hour) in busy:
                    return False
                busy.add((machine, hour))
    return True


FAMILIES = {
    "sudoku": Family(
        lambda text: [list(map(int, row)) for row in text.split("/")],
        mutate_grid,
        lambda rows: "/".join("".join(map(str, row)) for row in rows),
        grid_is_right,
    ),
    "n_queens": Family(
        lambda text: list(map(int, text.split())),
        lambda columns, info, rng: replaced(columns, rng, range(1, info["size"] + 1)),
        lambda columns: " ".join(map(str, columns)),
        queens_are_right,
    ),
    "graph_coloring": Family(
        pairs, mutate_values(lambda info: info["colors"]), unpairs, coloring_is_right
    ),
    "knights_knaves": Family(
        pairs, mutate_values(lambda info: ["knight", "knave"]), unpairs, island_is_right
    ),
    "zebra": Family(
        decode_street,
        mutate_street,
        lambda rows: " / ".join(f"{n}: {', '.join(r)}" for n, r in enumerate(rows, start=1)),
        street_is_right,
    ),
    "shortest_path": Family(
        lambda text: text.split(" -> "),
        lambda nodes, info, rng: edited(nodes, rng, sorted({e[0] for e in info["edges"]})),
        " -> ".join,
        path_is_right,
    ),
    "maze": Family(list, lambda way, info, rng: edited(way, rng, "UDLR"), "".join, way_is_right),
    "sat": Family(
        lambda text: list(map(int, text.split())),
        lambda literals, info, rng: [
            -n if index == rng else n
            for rng in [rng.randrange(len(literals))]
            for index, n in enumerate(literals)
        ],
        lambda literals: " ".join(map(str, literals)),
        cnf_is_right,
    ),
    "tower_of_hanoi": Family(
        lambda text: text.split(", "),
        lambda moves, info, rng: edited(
            moves, rng, [f"{a}>{b}" for a, b in product((1, 2, 3), repeat=2)]
        ),
        ", ".join,
        hanoi_is_right,
    ),
    "blocksworld": Family(
        lambda text: text.split("; "),
        lambda steps, info, rng: edited(steps, rng, block_steps(info)),
        "; ".join,
        blocks_are_right,
    ),
    "job_shop": Family(
        decode_schedule,
        mutate_schedule,
        lambda rows: " / ".join(" ".join(map(str, row)) for row in rows),
        schedule_is_right,
    ),
}
