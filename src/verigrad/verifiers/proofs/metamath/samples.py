"""A small trusted database: implicational logic after Lukasiewicz, and a proof over it.

A1, A2 and the rule of detachment (`mp`), with variables p, q and r for formulas.
"""

DEMO = """
$c ( ) -> |- wff $.
$v p q r $.
wp $f wff p $.
wq $f wff q $.
wr $f wff r $.
wi $a wff ( p -> q ) $.
ax1 $a |- ( p -> ( q -> p ) ) $.
ax2 $a |- ( ( p -> ( q -> r ) ) -> ( ( p -> q ) -> ( p -> r ) ) ) $.
${
  min $e |- p $.
  maj $e |- ( p -> q ) $.
  mp $a |- q $.
$}
"""

# p -> p: detach ax1 (p -> (p -> p)) from ax2's ((p -> p) -> (p -> p)), itself detached from ax1
IDENTITY = (
    "wp wp wp wi wi wp wp wi "
    "wp wp ax1 "
    "wp wp wp wi wp wi wi wp wp wp wi wi wp wp wi wi "
    "wp wp wp wi ax1 "
    "wp wp wp wi wp ax2 "
    "mp mp"
)
