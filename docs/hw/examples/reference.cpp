// The examples of docs/hw/reference.md, which tests/docs/hw_docs_test.cpp makes from this file and from the
// Verilog that each example gives. A section is a title (`// ##`), prose (`// `), and code between `//>` and
// `//<`; the function's name is the module's.
#include "examples.h"

namespace offramp::docs {

using namespace offramp::hw;

// ## Parameters and widths
// A width is an `IntExpr`: an integer over parameters, localparams and generate indices, kept as a canonical
// sum of products with `clog2`, `max`, `min` and exact division. Two widths are equal exactly where their
// canonical forms are; `>=` is decided from the declared ranges. A width that is right at the defaults alone
// is an error.
//>
void parameters(ModuleBuilder& m) {
  const auto depth = m.param("DEPTH", 16, {.min = 2, .max = 1024}, "words");
  const auto width = m.param("WIDTH", 8, {.min = 1, .max = 64}, "bits of a word");
  const auto tagged = m.localparam("TAGGED_W", clog2(depth) + width, "bits of a word with its address");
  const auto x = m.input("x_i", uint(width));
  const auto both = m.wire("both", uint(tagged));
  m.drive(both, concat({m.input("address_i", uint(clog2(depth))), x}));
  m.drive(m.output("both_o", uint(width + clog2(depth))), both);
}
//<

// ## Exact arithmetic
// Sums, differences and products hold every value: `+` is one bit wider than the wider operand, `-` of
// unsigned operands is signed, `*` is as wide as both together. Signed and unsigned do not mix. A literal
// takes the type of the other operand and must fit.
//>
void arithmetic(ModuleBuilder& m) {
  const auto w = m.param("W", 8, {.min = 2, .max = 32}, "bits of an operand");
  const auto a = m.input("a_i", sint(w));
  const auto b = m.input("b_i", sint(w));
  m.drive(m.output("sum_o", sint(w + 1)), a + b);
  m.drive(m.output("product_o", sint(w + w)), a * b);
  m.drive(m.output("next_o", sint(w + 1)), a + 1);
  m.drive(m.output("negative_o", bit()), a < 0);
}
//<

// ## Losing bits, by name
// `add_wrap` and `sub_wrap` keep the wider operand's width, `truncate` keeps low bits, `saturate` gives the
// nearest value of a type, `round_half_up` divides by a power of two with one rounding. Names and meaning are
// those of `gen/fixed`, which the golden reference computes with.
//>
void losing_bits(ModuleBuilder& m) {
  const auto x = m.input("x_i", sint(20));
  m.drive(m.output("wrap_o", sint(20)), add_wrap(x, 1));
  m.drive(m.output("low_o", sint(8)), truncate(x, 8));
  m.drive(m.output("near_o", sint(8)), saturate(x, sint(8)));
  m.drive(m.output("rounded_o", sint(8)), saturate(round_half_up(x, 6), sint(8)));
}
//<

// ## Changing types
// `extend` widens and keeps the value; `to_signed` keeps the value of an unsigned number with one more bit;
// `as_signed` and `as_unsigned` read the same bits in another way.
//>
void casts(ModuleBuilder& m) {
  const auto u = m.input("u_i", uint(8));
  const auto s = m.input("s_i", sint(8));
  m.drive(m.output("wide_o", sint(12)), extend(s, 12));
  m.drive(m.output("difference_o", sint(10)), s - to_signed(u));
  m.drive(m.output("bits_o", uint(8)), as_unsigned(s) ^ u);
}
//<

// ## Fixed point
// `FixedPoint` is a value with its bits behind the binary point. Sums need one fraction, products add theirs,
// and fewer bits behind the point are a rounding.
//>
void fixed_point(ModuleBuilder& m) {
  const FixedPoint a{m.input("a_i", sint(8)), 4};
  const FixedPoint b{m.input("b_i", sint(8)), 6};
  const FixedPoint product = multiply(a, b);  // 10 bits behind the point
  const FixedPoint sum = add(product, align(a, 10));
  m.drive(m.output("y_o", sint(8)), saturate(round_half_up(sum, 4), sint(8)).value);
}
//<

// ## Bits and parts
// Parts are unsigned. Indices are checked for all parameter values; `select` takes an index from a signal.
//>
void parts(ModuleBuilder& m) {
  const auto n = m.param("N", 4, {.min = 2, .max = 16}, "bytes");
  const auto x = m.input("x_i", uint(n * 8));
  const auto index = m.input("index_i", uint(clog2(n)));
  m.drive(m.output("first_o", uint(8)), part(x, 0, 8));
  m.drive(m.output("last_o", uint(8)), part(x, (n - 1) * 8, 8));
  m.drive(m.output("chosen_o", uint(8)), select(x, index, 8));
  m.drive(m.output("flags_o", uint(3)), concat({any(x), all(x), parity(x)}));
  m.drive(m.output("mask_o", uint(n)), replicate(bit_of(x, 0), n));
}
//<

// ## Choices and shifts
// `mux` chooses between equal types. A shift by an integer is exact to the left and floors to the right; a
// shift by a signal says the width of its result.
//>
void choices(ModuleBuilder& m) {
  const auto a = m.input("a_i", sint(8));
  const auto n = m.input("n_i", uint(3));
  m.drive(m.output("absolute_o", sint(9)), mux(a < 0, -a, extend(a, 9)));
  m.drive(m.output("times_4_o", sint(10)), shift_left(a, 2));
  m.drive(m.output("quarter_o", sint(8)), shift_right(a, 2));
  m.drive(m.output("shifted_o", sint(16)), shift_left(a, n, 16));
}
//<

// ## Combinational blocks
// In `comb`, `when` and `switch_` assign; a target that keeps its value on some path is an error that names
// the bits. What the block drives it may not read: compute it before with `let`.
//>
void comb_block(ModuleBuilder& m) {
  const auto op = m.input("op_i", uint(2));
  const auto a = m.input("a_i", uint(8));
  const auto b = m.input("b_i", uint(8));
  const auto y = m.output("y_o", uint(8));
  m.comb([&] {
    m.drive(y, a);
    m.switch_(op, {{0, [&] { m.drive(y, a & b); }},
                   {1, [&] { m.when(a == b, [&] { m.drive(y, 0); }).otherwise([&] { m.drive(y, b); }); }}});
  });
}
//<

// ## Registers
// A register takes its next value in `clocked`. `.reset` gives it a value in reset (synchronous and active
// low unless the emission says otherwise), `.enable` is the usual clock enable. Registers with and without a
// reset in one block print as two.
//>
void registers(ModuleBuilder& m) {
  const auto ck = m.clocking();
  const auto go = m.input("go_i", bit());
  const auto x = m.input("x_i", uint(8));
  auto count_q = m.reg("count_q", uint(4), {.reset = 0});
  auto x_q = m.reg("x_q", uint(8), {.enable = go});
  m.clocked(ck, [&] {
    m.when(go, [&] { m.next(count_q, add_wrap(count_q, 1)); });
    m.next(x_q, x);
  });
  m.drive(m.output("count_o", uint(4)), count_q);
  m.drive(m.output("x_o", uint(8)), x_q);
}
//<

// ## Memories
// A memory's ports state their latency and what a read of the word being written gives; the statement is
// printed above it. `.init` names a file for `$readmemh`, often a string parameter.
//>
void memories(ModuleBuilder& m) {
  const auto depth = m.param("DEPTH", 64, {.min = 2, .max = 4096}, "words");
  const auto file = m.string_param("INIT_FILE", "", "contents, hexadecimal, a word a line; empty for none");
  const auto ck = m.clocking({.reset = false});
  const auto write = m.input("write_i", bit());
  const auto to = m.input("write_address_i", uint(clog2(depth)));
  const auto data = m.input("write_data_i", uint(8));
  const auto from = m.input("read_address_i", uint(clog2(depth)));
  const auto mem = m.memory("mem", uint(8), depth, {.init = file, .ram_style = "block"});
  const auto port = m.write_port(mem, ck, write, to, data);
  m.drive(m.output("old_o", uint(8)), m.read_port("old", mem, ck, from));
  m.drive(m.output("fresh_o", uint(8)),
          m.read_port("fresh", mem, ck, from, {.under_write = ReadUnderWrite::new_word, .write = port}));
}
//<

// ## State machines
// `Fsm` makes the register, the constants of the states and both processes. Every state needs a case, and
// every state must be reachable from the first, which is the reset state.
//>
void state_machine(ModuleBuilder& m) {
  const auto ck = m.clocking();
  const auto start = m.input("start_i", bit());
  const auto last = m.input("last_i", bit());
  Fsm fsm(m, "state", {"IDLE", "RUN", "DONE"});
  fsm.transitions(ck, {{"IDLE", [&] { m.when(start, [&] { fsm.go("RUN"); }); }},
                       {"RUN", [&] { m.when(last, [&] { fsm.go("DONE"); }); }},
                       {"DONE", [&] { fsm.go("IDLE"); }}});
  m.drive(m.output("busy_o", bit()), fsm.is("RUN"));
}
//<

// ## Generate loops, branches and arrays
// The loop is emitted, not unrolled; its index is an `IntExpr`. A chain through the elements of one array in
// the same cycle is declared with `{.chain = true}`. In `generate_if` the condition is known to the proofs,
// so that `i - 1` is a legal index in the branch where `i` is not 0. `wire_array` is an unpacked array of
// wires.
//>
void loops(ModuleBuilder& m) {
  const auto n = m.param("N", 4, {.min = 1, .max = 64}, "stages");
  const auto ck = m.clocking({.reset = false});
  const auto x = m.input("x_i", uint(8));
  auto stage = m.wire_array("stage", uint(8), {n});
  m.generate_for("gen_stage", n, [&](IntExpr i) {
    auto q = m.reg("stage_q", uint(8));
    m.generate_if(
        equal(i, 0), "gen_first", [&] { m.clocked(ck, [&] { m.next(q, x); }); }, "gen_next",
        [&] { m.clocked(ck, [&] { m.next(q, stage.at({i - 1})); }); });
    m.drive(stage.at({i}), q);
  });
  m.drive(m.output("x_o", uint(8)), stage.at({n - 1}));
}
//<

// ## Instances
// A generator is a plain struct with `name()` and `build()`; equal configurations are one module. The
// instance's ports are the child's own handles, so a wrong connection does not compile or is reported.
// Parameters are set by name and checked against the child's ranges.
//>
struct Adder {
  bool operator==(const Adder&) const = default;
  struct Ports {
    In a, b;
    Out sum;
  };
  [[nodiscard]] std::string name() const { return "adder"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    const auto w = m.param("W", 8, {.min = 1, .max = 64}, "bits of an operand");
    Ports p{m.input("a_i", uint(w)), m.input("b_i", uint(w)), m.output("sum_o", uint(w + 1))};
    m.drive(p.sum, p.a + p.b);
    return p;
  }
};

void instances(ModuleBuilder& m) {
  const auto x = m.input("x_i", uint(12));
  auto u = m.instance("u_adder", Adder{}, {.params = {{"W", 12}}});
  u.in(u.ports.a, x);
  u.in(u.ports.b, ~x);
  m.drive(m.output("sum_o", uint(13)), u.out(u.ports.sum, "sum"));
}
//<

// ## Streams
// Ready/valid streams follow the rules in `gen/hw/stream.h`. The check HW0019 refuses a valid that waits for
// ready, and a ready that waits for valid unless the stream is declared so. Registers, queues, forks, joins,
// demultiplexers and merges for streams are blocks of the library (`gen/blocks/stream_adapters.h`,
// `rtl/lib`).
//>
void streams(ModuleBuilder& m) {
  const auto in = input_stream(m, "in", uint(8));
  const auto out = output_stream(m, "out", uint(9));
  m.drive(out.data, in.data + 1);
  m.drive(out.valid, in.valid);
  m.drive(in.ready, out.ready);
}
//<

// ## Clock crossings
// A register takes values of its own clock; what comes from another is refused (HW0018) unless the register
// is declared a synchronizer, which is printed with `ASYNC_REG`.
//>
void crossing(ModuleBuilder& m) {
  const auto from = m.clocking({.clk = "clk_a_i", .reset = false});
  const auto to = m.clocking({.clk = "clk_b_i", .reset = false});
  auto flag_q = m.reg("flag_q", bit());
  auto meta_q = m.reg("meta_q", bit(), {.synchronizer = true});
  auto safe_q = m.reg("safe_q", bit(), {.synchronizer = true});
  const auto x = m.input("flag_i", bit());
  m.clocked(from, [&] { m.next(flag_q, x); });
  m.clocked(to, [&] {
    m.next(meta_q, flag_q);
    m.next(safe_q, meta_q);
  });
  m.drive(m.output("flag_o", bit()), safe_q);
}
//<

// ## Assertions, assumptions and covers
// What stands in `formal` is printed under `` `ifdef FORMAL `` and seen by formal tools and by the
// interpreter, which reports every property that fails.
//>
void properties(ModuleBuilder& m) {
  const auto ck = m.clocking();
  const auto step = m.input("step_i", bit());
  auto count_q = m.reg("count_q", uint(4), {.reset = 0});
  m.clocked(ck, [&] { m.when(step, [&] { m.next(count_q, mux(count_q == 9, 0, add_wrap(count_q, 1))); }); });
  m.drive(m.output("count_o", uint(4)), count_q);
  m.formal([&] {
    m.assert_always(ck, "count_stays_decimal", count_q <= 9);
    m.cover_sometime(ck, "count_reaches_nine", count_q == 9);
  });
}
//<

// ## Comments, sections and unused bits
// Comments belong to the next item. `unused` says that bits are dropped on purpose, in a form that linters
// accept.
//>
void comments(ModuleBuilder& m) {
  m.doc("Keeps the upper half.");
  const auto x = m.input("x_i", uint(16), "two bytes");
  m.section("Output");
  m.comment("The lower byte is noise of the converter.");
  m.drive(m.output("y_o", uint(8)), part(x, 8, 8));
  m.unused(part(x, 0, 8));
}
//<

const std::vector<Example>& reference_examples() {
  static const std::vector<Example> all = {{"parameters", parameters},
                                           {"arithmetic", arithmetic},
                                           {"losing_bits", losing_bits},
                                           {"casts", casts},
                                           {"fixed_point", fixed_point},
                                           {"parts", parts},
                                           {"choices", choices},
                                           {"comb_block", comb_block},
                                           {"registers", registers},
                                           {"memories", memories},
                                           {"state_machine", state_machine},
                                           {"loops", loops},
                                           {"instances", instances},
                                           {"streams", streams},
                                           {"crossing", crossing},
                                           {"properties", properties},
                                           {"comments", comments}};
  return all;
}

}  // namespace offramp::docs
