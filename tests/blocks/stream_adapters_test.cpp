// The stream adapters, three ways: under random stalls in the interpreter (order, no loss, no duplication,
// rate, the rules of hw/stream.h watched at every output), proved for all inputs by yosys-smtbmc, and read by
// the lint tools at several parameter values.
#include "blocks/stream_adapters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>

#include "base/files.h"
#include "base/process.h"
#include "base/temp_folder.h"
#include "blocks/library.h"
#include "blocks/stream_fifo.h"
#include "blocks/stream_fork.h"
#include "blocks/stream_ports.h"
#include "blocks/stream_registers.h"
#include "blocks/stream_route.h"
#include "hw/elaborate.h"
#include "hw/interpreter.h"

namespace offramp::blocks {
namespace {

using Parameters = std::map<std::string, std::int64_t>;
using testing::HasSubstr;
using testing::Not;

// ---------------------------------------------------------------------------------------------- simulation

/// A transferred word: its bits, and the select that went with it or the id that came with it.
struct Word {
  std::string bits;
  std::int64_t route = 0;
  std::uint64_t cycle = 0;
};
/// What went through each stream.
using Traffic = std::vector<std::vector<Word>>;

std::vector<std::string> bits_of(const std::vector<Word>& words) {
  std::vector<std::string> all;
  for (const Word& w : words) all.push_back(w.bits);
  return all;
}

/// How often producers offer and consumers take, in percent.
struct Pace {
  unsigned offer = 100;
  unsigned take = 100;
};
const std::vector<Pace> kPaces = {{100, 100}, {50, 50}, {90, 20}, {20, 90}, {100, 30}, {30, 100}};

/// A module with streams `in` and `out` (or several side by side in each) between random neighbours that keep
/// the rules; checks the rules at its outputs.
class Bench {
 public:
  Bench(const hw::Module& module, const Parameters& parameters, std::size_t inputs, std::size_t outputs)
      : sim_(module, {.parameters = parameters}), offered_(inputs), sent_(inputs), received_(outputs) {
    const auto names = sim_.signals();
    const auto has = [&](const char* name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    clocked_ = has("clk_i");
    select_ = has("in_select_i");
    id_ = has("out_id_o");
    word_width_ = sim_.get("in_data_i").width() / static_cast<std::int64_t>(inputs);
    if (clocked_) {
      sim_.set("rst_ni", 0);
      drive(Pace{0, 100});
      for (int i = 0; i < 3; ++i) {
        sim_.step();
        EXPECT_EQ(flags("out_valid_o", received_.size()), 0U) << "valid in reset";
      }
      sim_.set("rst_ni", 1);
    }
    drive(Pace{0, 100});
    EXPECT_EQ(flags("out_valid_o", received_.size()), 0U) << "valid after reset";
    if (clocked_) sim_.step();
  }

  /// Until every input has sent `words` and as many words as `expected` have arrived, or `limit` cycles.
  void run(Pace pace, std::size_t words, std::size_t expected, std::uint64_t limit) {
    const auto arrived = [&] {
      std::size_t n = 0;
      for (const auto& r : received_) n += r.size();
      return n;
    };
    words_ = words;
    const std::uint64_t end = cycle_ + limit;
    while (cycle_ < end && arrived() < expected) cycle(pace);
    EXPECT_EQ(arrived(), expected) << "words that arrived within " << limit << " cycles";
    // A word too many would come now.
    for (int i = 0; i < 8; ++i) cycle({0, 100});
    EXPECT_EQ(arrived(), expected) << "words that arrived in the end";
    for (const auto& e : sim_.property_events()) {
      EXPECT_EQ(e.kind, hw::PropertyKind::cover) << e.name << " in cycle " << e.cycle;
    }
  }

  [[nodiscard]] const Traffic& sent() const { return sent_; }
  [[nodiscard]] const Traffic& received() const { return received_; }
  [[nodiscard]] hw::Interpreter& sim() { return sim_; }
  void seed(unsigned value) { random_.seed(value); }
  void routes(std::int64_t count) { routes_ = count; }
  std::function<void()> watch = [] {};  ///< in every cycle, before the clock edge

 private:
  /// Bits of a port; none may be unknown.
  std::uint64_t flags(const std::string& port, std::size_t width) {
    const auto v = sim_.get(port);
    EXPECT_EQ(v.width(), static_cast<std::int64_t>(width)) << port;
    EXPECT_TRUE(v.known()) << port << " is " << v.text() << " in cycle " << cycle_;
    return v.low64();
  }

  void drive(Pace pace) {
    std::string data;
    std::string valid;
    for (std::size_t i = 0; i < offered_.size(); ++i) {
      if (!offered_[i] && sent_[i].size() < words_ && random_() % 100 < pace.offer) {
        Word w;
        for (std::int64_t b = 0; b < word_width_; ++b) w.bits += random_() % 2 == 0 ? '0' : '1';
        w.route =
            routes_ == 0 ? 0 : static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(routes_));
        offered_[i] = w;
      }
      // While valid is low, data means nothing.
      const std::string nothing(static_cast<std::size_t>(word_width_), 'x');
      data = (offered_[i] ? offered_[i]->bits : nothing) + data;
      valid = (offered_[i] ? "1" : "0") + valid;
    }
    sim_.set("in_data_i", hw::LogicVector::parse(data));
    sim_.set("in_valid_i", hw::LogicVector::parse(valid));
    if (select_) {
      if (offered_[0]) {
        sim_.set("in_select_i", offered_[0]->route);
      } else {
        sim_.set("in_select_i", hw::LogicVector(sim_.get("in_select_i").width()));
      }
    }
    std::string ready;
    for (std::size_t i = 0; i < received_.size(); ++i) ready += random_() % 100 < pace.take ? '1' : '0';
    sim_.set("out_ready_i", hw::LogicVector::parse(ready));
    taking_ = hw::LogicVector::parse(ready).low64();
  }

  void cycle(Pace pace) {
    drive(pace);
    watch();
    const std::uint64_t valid = flags("out_valid_o", received_.size());
    Word now{
        sim_.get("out_data_o").text(),
        id_ && valid != 0 ? static_cast<std::int64_t>(flags("out_id_o", sim_.get("out_id_o").width())) : 0,
        cycle_};
    EXPECT_EQ(waiting_ & ~valid, 0U) << "rule 4: valid fell in cycle " << cycle_;
    if ((waiting_ & valid) != 0) {
      EXPECT_EQ(now.bits, before_.bits) << "rule 4: data changed in cycle " << cycle_;
      EXPECT_EQ(now.route, before_.route) << "rule 4: id changed in cycle " << cycle_;
    }
    for (std::size_t i = 0; i < received_.size(); ++i) {
      if ((valid & taking_ & (std::uint64_t{1} << i)) != 0) received_[i].push_back(now);
    }
    waiting_ = valid & ~taking_;
    before_ = now;
    const auto ready = sim_.get("in_ready_o");
    for (std::size_t i = 0; i < offered_.size(); ++i) {
      if (!offered_[i]) continue;
      const char r = ready.bit(static_cast<std::int64_t>(i));
      EXPECT_NE(r, 'x') << "ready of input " << i << " in cycle " << cycle_;
      if (r != '1') continue;
      offered_[i]->cycle = cycle_;
      sent_[i].push_back(*offered_[i]);
      offered_[i].reset();
    }
    if (clocked_) sim_.step();
    ++cycle_;
  }

  hw::Interpreter sim_;
  std::mt19937 random_{1};
  bool clocked_ = false;
  bool select_ = false;
  bool id_ = false;
  std::int64_t word_width_ = 0;
  std::int64_t routes_ = 0;
  std::size_t words_ = 0;
  std::uint64_t cycle_ = 0;
  std::uint64_t taking_ = 0;
  std::uint64_t waiting_ = 0;
  Word before_;
  std::vector<std::optional<Word>> offered_;
  Traffic sent_;
  Traffic received_;
};

template <class G>
const hw::Module& build(hw::Design& design, const G& generator) {
  design.add(generator);
  design.require_clean();
  return design.module_of(generator);
}

constexpr std::size_t kWords = 200;
constexpr std::uint64_t kLimit = 4000;

/// One stream in, one out: what goes in comes out, in order; at full pace a word a cycle, after `latency`.
template <class G>
void expect_passes(const G& generator, const std::vector<Parameters>& settings, std::uint64_t latency) {
  hw::Design design;
  const hw::Module& module = build(design, generator);
  for (const auto& parameters : settings) {
    for (const Pace pace : kPaces) {
      SCOPED_TRACE(testing::PrintToString(parameters) + " offer " + std::to_string(pace.offer) + " take " +
                   std::to_string(pace.take));
      Bench bench(module, parameters, 1, 1);
      bench.run(pace, kWords, kWords, kLimit);
      ASSERT_EQ(bits_of(bench.received()[0]), bits_of(bench.sent()[0]));
      if (pace.offer != 100 || pace.take != 100) continue;
      for (std::size_t i = 0; i < kWords; ++i) {
        ASSERT_EQ(bench.sent()[0][i].cycle, i) << "a word goes in in every cycle";
        ASSERT_EQ(bench.received()[0][i].cycle, i + latency) << "and comes out " << latency << " later";
      }
    }
  }
}

const std::vector<Parameters> kWidths = {{{"WIDTH", 8}}, {{"WIDTH", 1}}, {{"WIDTH", 70}}};

TEST(StreamRegisterForward, PassesAWordACycleInOrderUnderStalls) {
  expect_passes(StreamRegisterForward{}, kWidths, 1);
}
TEST(StreamRegisterBackward, PassesAWordACycleInOrderUnderStalls) {
  expect_passes(StreamRegisterBackward{}, kWidths, 0);
}
TEST(StreamSkid, PassesAWordACycleInOrderUnderStalls) {
  expect_passes(StreamSkid{}, kWidths, 1);
}
TEST(StreamFifo, PassesAWordACycleInOrderUnderStalls) {
  expect_passes(StreamFifo{},
                {{{"WIDTH", 1}, {"DEPTH", 2}},
                 {{"WIDTH", 8}, {"DEPTH", 3}},
                 {{"WIDTH", 8}, {"DEPTH", 4}},
                 {{"WIDTH", 70}, {"DEPTH", 5}},
                 {{"WIDTH", 8}, {"DEPTH", 64}}},
                1);
}

TEST(StreamFifo, HoldsDepthWordsAndCountsThem) {
  hw::Design design;
  const hw::Module& module = build(design, StreamFifo{});
  for (const std::int64_t depth : {2, 3, 7, 8}) {
    SCOPED_TRACE(depth);
    Bench bench(module, {{"DEPTH", depth}}, 1, 1);
    std::uint64_t highest = 0;
    bench.watch = [&] {
      const auto count = bench.sim().get("count_o");
      const std::uint64_t held = bench.sent()[0].size() - bench.received()[0].size();
      EXPECT_EQ(count.low64(), held);
      highest = std::max(highest, held);
    };
    bench.run({100, 10}, kWords, kWords, kLimit);
    EXPECT_EQ(highest, static_cast<std::uint64_t>(depth));
  }
}

TEST(StreamFork, GivesEveryWordOnceToEveryOutput) {
  hw::Design design;
  const hw::Module& module = build(design, StreamFork{});
  for (const std::int64_t count : {2, 3, 5}) {
    for (const Pace pace : kPaces) {
      SCOPED_TRACE(testing::Message() << count << " outputs, offer " << pace.offer << " take " << pace.take);
      const auto n = static_cast<std::size_t>(count);
      Bench bench(module, {{"COUNT", count}, {"WIDTH", 9}}, 1, n);
      bench.run(pace, kWords, n * kWords, kLimit);
      for (const auto& received : bench.received()) ASSERT_EQ(bits_of(received), bits_of(bench.sent()[0]));
      if (pace.offer == 100 && pace.take == 100) {
        EXPECT_EQ(bench.received()[0].back().cycle, kWords - 1);
      }
    }
  }
}

TEST(StreamJoin, PutsTheNextWordsOfAllInputsSideBySide) {
  hw::Design design;
  const hw::Module& module = build(design, StreamJoin{});
  for (const std::int64_t count : {2, 3, 5}) {
    for (const Pace pace : kPaces) {
      SCOPED_TRACE(testing::Message() << count << " inputs, offer " << pace.offer << " take " << pace.take);
      Bench bench(module, {{"COUNT", count}, {"WIDTH", 9}}, static_cast<std::size_t>(count), 1);
      bench.run(pace, kWords, kWords, kLimit);
      std::vector<std::string> expected(kWords);
      for (const auto& sent : bench.sent()) {
        ASSERT_EQ(sent.size(), kWords);
        for (std::size_t i = 0; i < kWords; ++i) expected[i] = sent[i].bits + expected[i];
      }
      ASSERT_EQ(bits_of(bench.received()[0]), expected);
      if (pace.offer == 100 && pace.take == 100) {
        EXPECT_EQ(bench.received()[0].back().cycle, kWords - 1);
      }
    }
  }
}

TEST(StreamDemux, BringsEveryWordToTheOutputThatItNames) {
  hw::Design design;
  const hw::Module& module = build(design, StreamDemux{});
  for (const std::int64_t count : {2, 3, 5}) {
    for (const Pace pace : kPaces) {
      SCOPED_TRACE(testing::Message() << count << " outputs, offer " << pace.offer << " take " << pace.take);
      const auto n = static_cast<std::size_t>(count);
      Bench bench(module, {{"COUNT", count}, {"WIDTH", 9}}, 1, n);
      bench.routes(count);
      bench.run(pace, kWords, kWords, kLimit);
      Traffic expected(n);
      for (const Word& w : bench.sent()[0]) expected[static_cast<std::size_t>(w.route)].push_back(w);
      for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(bits_of(bench.received()[i]), bits_of(expected[i]));
      if (pace.offer == 100 && pace.take == 100) {
        EXPECT_EQ(bench.sent()[0].back().cycle, kWords - 1);
      }
    }
  }
}

TEST(StreamMerge, BringsEveryWordOnceWithTheIndexOfItsInput) {
  hw::Design design;
  const hw::Module& module = build(design, StreamMerge{});
  for (const std::int64_t count : {2, 3, 5}) {
    for (const Pace pace : kPaces) {
      SCOPED_TRACE(testing::Message() << count << " inputs, offer " << pace.offer << " take " << pace.take);
      const auto n = static_cast<std::size_t>(count);
      Bench bench(module, {{"COUNT", count}, {"WIDTH", 9}}, n, 1);
      bench.run(pace, kWords, n * kWords, n * kLimit);
      Traffic by_input(n);
      for (const Word& w : bench.received()[0]) by_input.at(static_cast<std::size_t>(w.route)).push_back(w);
      for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(bits_of(by_input[i]), bits_of(bench.sent()[i]));
      if (pace.offer != 100 || pace.take != 100) continue;
      for (std::size_t i = 0; i < n * kWords; ++i) {
        ASSERT_EQ(bench.received()[0][i].cycle, i) << "a word a cycle";
        ASSERT_EQ(bench.received()[0][i].route, static_cast<std::int64_t>(i % n)) << "in turn";
      }
    }
  }
}

TEST(StreamMerge, LetsNoInputWaitForMoreThanOneWordOfEachOther) {
  hw::Design design;
  const hw::Module& module = build(design, StreamMerge{});
  Bench bench(module, {{"COUNT", 5}}, 5, 1);
  std::vector<std::uint64_t> others(5);  // words of others since this input began to wait
  std::size_t seen = 0;
  bench.watch = [&] {
    const auto& received = bench.received()[0];
    for (; seen < received.size(); ++seen) {
      for (auto& n : others) ++n;
      others[static_cast<std::size_t>(received[seen].route)] = 0;
    }
    const std::uint64_t valid = bench.sim().get("in_valid_i").low64();
    for (std::size_t i = 0; i < 5; ++i) {
      if ((valid >> i & 1) == 0) others[i] = 0;
      EXPECT_LE(others[i], 4U) << "input " << i;
    }
  };
  bench.run({40, 70}, kWords, 5 * kWords, 4 * kLimit);
}

// ---------------------------------------------------------------------------------------------------- paths

/// "out_ready_i -> in_ready_o", for all inputs from which an output depends in the same cycle.
template <class G>
std::set<std::string> paths(const G& generator) {
  hw::Design design;
  const hw::Module& module = build(design, generator);
  std::set<std::string> found;
  hw::PathCache cache;
  for (const auto& [output, inputs] : cache.of(module, hw::sample_settings(module).front())) {
    for (const hw::Id input : inputs) {
      found.insert(module.decls[input].name + " -> " + module.decls[output].name);
    }
  }
  return found;
}

TEST(StreamPaths, AreCombinationalOnlyWhereTheDocumentationSaysSo) {
  using Paths = std::set<std::string>;
  const std::string ready = "out_ready_i -> in_ready_o";
  const std::string valid = "in_valid_i -> out_valid_o";
  const std::string data = "in_data_i -> out_data_o";
  EXPECT_EQ(paths(StreamRegisterForward{}), Paths{ready});
  EXPECT_EQ(paths(StreamRegisterBackward{}), (Paths{valid, data}));
  EXPECT_EQ(paths(StreamSkid{}), Paths{});
  EXPECT_EQ(paths(StreamFifo{}), Paths{});
  EXPECT_EQ(paths(StreamFork{}), (Paths{valid, data, ready}));
  EXPECT_EQ(paths(StreamJoin{}), (Paths{valid, data, ready, "in_valid_i -> in_ready_o"}));
  EXPECT_EQ(paths(StreamDemux{}),
            (Paths{valid, data, ready, "in_select_i -> out_valid_o", "in_select_i -> in_ready_o"}));
  EXPECT_EQ(paths(StreamMerge{}), (Paths{valid, data, ready, "in_valid_i -> in_ready_o",
                                         "in_valid_i -> out_data_o", "in_valid_i -> out_id_o"}));
}

// ----------------------------------------------------------------------------------------------- functions

struct Pixel {
  Value color;
  Value last;
  auto fields() { return std::tie(color, last); }
};

struct Origin {
  Pixel pixel;
  Value id;
  auto fields() { return std::tie(pixel.color, pixel.last, id); }
};

/// All adapters in one module: every word goes two ways. One buffers it; the other splits by a bit of the
/// word and puts the parts together again. The output shows both, and the index from the merge on top.
void all_adapters(hw::ModuleBuilder& m) {
  m.doc("All stream adapters in a row.");
  const auto ck = m.clocking();
  const auto in = hw::input_stream(m, "in", hw::uint(9));
  const auto out = hw::output_stream(m, "out", hw::uint(19));
  const Stream<Pixel> pixels{
      {hw::as_signed(hw::slice(in.data, 8, 1)), hw::bit_of(in.data, 0)}, in.valid, in.ready};
  const auto ways = fork(m, "ways", ck, pixels, 2);
  EXPECT_TRUE(ways[1].data.color.is_signed());
  Value held;
  const auto queued = fifo(m, "queued", ck, skid(m, "calm", ck, ways[0]), 5, &held);
  m.unused(held);
  auto parts = demux(
      m, "part", Stream<Routed<Pixel>>{{ways[1].data, ways[1].data.last}, ways[1].valid, ways[1].ready}, 2);
  parts[0] = register_forward(m, "left", ck, parts[0]);
  parts[1] = register_forward(m, "right", ck, register_backward(m, "right_calm", ck, parts[1]));
  const auto merged = merge(m, "merged", ck, parts);
  const Stream<Origin> origin{{merged.data.data, merged.data.id}, merged.valid, merged.ready};
  const auto both = join(m, "both", {pack(queued), pack(origin)});
  const Origin last = unpack(both.data[1], origin.data);
  m.drive(out.data, hw::concat({last.id, hw::as_unsigned(last.pixel.color), last.pixel.last, both.data[0]}));
  m.drive(out.valid, both.valid);
  m.drive(both.ready, out.ready);
}

TEST(StreamFunctions, BuildAModuleOfAdaptersThatLosesNothing) {
  hw::Design design;
  const hw::Module& module = design.add_module("dut", all_adapters);
  EXPECT_EQ(hw::render(hw::check(design)), "");
  for (const Pace pace : kPaces) {
    SCOPED_TRACE(testing::Message() << "offer " << pace.offer << " take " << pace.take);
    Bench bench(module, {}, 1, 1);
    bench.run(pace, kWords, kWords, kLimit);
    std::vector<std::string> queued;
    std::map<char, std::vector<std::string>> merged;
    for (const Word& w : bench.received()[0]) {
      queued.push_back(w.bits.substr(10));
      merged[w.bits[0]].push_back(w.bits.substr(1, 9));
    }
    std::map<char, std::vector<std::string>> sent;
    for (const Word& w : bench.sent()[0]) sent[w.bits[8]].push_back(w.bits);
    ASSERT_EQ(queued, bits_of(bench.sent()[0]));
    ASSERT_EQ(merged, sent) << "the words of each part, by the bit that chose it";
  }
}

// ------------------------------------------------------------------------------------------------- proofs

bool can_prove() {
  return find_tool("yosys") && find_tool("yosys-smtbmc");
}

/// What yosys-smtbmc says: reachable and free of violations for `steps` cycles from reset, inductive from any
/// `steps` cycles without one, and every cover reached. All three are needed: induction alone passes for a
/// module that is wrong from the start, and contradictory assumptions pass both.
struct Proof {
  std::string base, step, covers;
};

Proof prove(const std::string& verilog, const std::string& top, const Parameters& parameters, int steps) {
  const test::TempFolder folder;
  write_file(folder / "dut.v", verilog);
  write_file(folder / "reset.smtc", "initial\nassume (not [rst_ni])\n");
  std::string set;
  for (const auto& [name, value] : parameters) set += " -set " + name + " " + std::to_string(value);
  if (!set.empty()) set = "chparam" + set + " " + top + "; ";
  const auto read = run_process({"yosys", "-q", "-p",
                                 "read_verilog -formal dut.v; " + set + "prep -flatten -top " + top +
                                     "; opt_clean; write_smt2 -wires dut.smt2"},
                                {.directory = folder.path()});
  EXPECT_EQ(read.exit_code, 0) << read.output;
  const auto ask = [&](const std::vector<std::string>& how) {
    // Without --unroll z3 4.8.12 does not come back from the first step of a design with a memory.
    std::vector<std::string> argv = {"yosys-smtbmc", "-s",         "z3", "--unroll",           "--noprogress",
                                     "--smtc",       "reset.smtc", "-t", std::to_string(steps)};
    argv.insert(argv.end(), how.begin(), how.end());
    argv.push_back("dut.smt2");
    return run_process(argv, {.directory = folder.path(), .time_limit = std::chrono::seconds(60)}).output;
  };
  return {ask({"--presat"}), ask({"-i"}), ask({"-c"})};
}

void expect_proved(const std::string& verilog, const std::string& top,
                   const std::vector<Parameters>& settings, int steps, int covers) {
  for (const auto& parameters : settings) {
    SCOPED_TRACE(top + testing::PrintToString(parameters));
    const Proof p = prove(verilog, top, parameters, steps);
    EXPECT_THAT(p.base, HasSubstr("Status: PASSED"));
    EXPECT_THAT(p.step, HasSubstr("Temporal induction successful"));
    EXPECT_THAT(p.covers, HasSubstr("Status: PASSED"));
    int reached = 0;
    for (std::size_t at = 0; (at = p.covers.find("Reached cover statement", at)) != std::string::npos; ++at)
      ++reached;
    EXPECT_EQ(reached, covers) << p.covers;
  }
}

#define SKIP_WITHOUT_PROVER()                                   \
  if (!can_prove()) GTEST_SKIP() << "skipped: yosys not found"; \
  if (!find_tool("z3")) GTEST_SKIP() << "skipped: z3 not found"

template <class G>
std::string printed(const G& generator) {
  hw::Design design;
  return hw::print_verilog(build(design, generator));
}

TEST(StreamProofs, RegistersKeepTheRules) {
  SKIP_WITHOUT_PROVER();
  expect_proved(printed(StreamRegisterForward{}), "stream_register_forward", {{{"WIDTH", 2}}}, 8, 2);
  expect_proved(printed(StreamRegisterBackward{}), "stream_register_backward", {{{"WIDTH", 2}}}, 8, 2);
  expect_proved(printed(StreamSkid{}), "stream_skid", {{{"WIDTH", 2}}}, 8, 2);
}
TEST(StreamProofs, TheFifoKeepsTheRulesAndItsBounds) {
  SKIP_WITHOUT_PROVER();
  expect_proved(printed(StreamFifo{}), "stream_fifo",
                {{{"WIDTH", 2}, {"DEPTH", 2}}, {{"WIDTH", 2}, {"DEPTH", 3}}, {{"WIDTH", 1}, {"DEPTH", 4}}},
                12, 3);
}
TEST(StreamProofs, TheForkKeepsTheRulesAndGivesEveryWordOnce) {
  SKIP_WITHOUT_PROVER();
  expect_proved(printed(StreamFork{}), "stream_fork",
                {{{"COUNT", 2}, {"WIDTH", 2}}, {{"COUNT", 3}, {"WIDTH", 1}}}, 6, 2);
}
TEST(StreamProofs, TheMergeKeepsTheRulesAndItsChoice) {
  SKIP_WITHOUT_PROVER();
  expect_proved(printed(StreamMerge{}), "stream_merge",
                {{{"COUNT", 2}, {"WIDTH", 2}}, {{"COUNT", 3}, {"WIDTH", 1}}}, 6, 3);
}

/// Join and demux have no clock; here they stand between streams of a module that has one.
void join_between(hw::ModuleBuilder& m) {
  const auto ck = m.clocking();
  const auto in = input_streams(m, "in", hw::uint(6), 3, {.ready = hw::ReadyRule::may_wait});
  const auto out = hw::output_stream(m, "out", hw::uint(6));
  auto u = m.instance("u_join", StreamJoin{}, {.params = {{"WIDTH", 2}, {"COUNT", 3}}});
  hw::feed(m, u, u.ports.in, in, "in");
  hw::connect(m, hw::take(m, u, u.ports.out, "joined"), out);
  m.formal([&] {
    stream_rules_by_word(m, ck, "in", in, 3, 2, RuleSide::assumed);
    stream_rules(m, ck, "out", out, RuleSide::asserted);
    m.comment("All inputs move, and then the output moves too, or none.");
    const auto moves = m.let("f_moves", in.valid & in.ready);
    m.assert_always(ck, "a_all_or_none", (moves == 0) | hw::all(moves));
    m.assert_always(ck, "a_moves_together", hw::all(moves) == (out.valid & out.ready));
    m.cover_sometime(ck, "c_moves", out.valid & out.ready);
    m.cover_sometime(ck, "c_one_missing", (in.valid == 5) & out.ready);
  });
}
void demux_between(hw::ModuleBuilder& m) {
  const auto ck = m.clocking();
  const auto in = hw::input_stream(m, "in", hw::uint(4));
  const auto out = output_streams(m, "out", hw::uint(2), 3);
  const auto select = m.let("select", hw::slice(in.data, 3, 2));
  auto u = m.instance("u_demux", StreamDemux{}, {.params = {{"WIDTH", 2}, {"COUNT", 3}}});
  hw::feed(m, u, u.ports.in, {hw::slice(in.data, 1, 0), in.valid, in.ready}, "in");
  u.in(u.ports.select, select);
  m.drive(out.data, u.out(u.ports.out.data, "data"));
  m.drive(out.valid, u.out(u.ports.out.valid, "valid"));
  u.in(u.ports.out.ready, out.ready);
  m.formal([&] {
    stream_rules(m, ck, "in", in, RuleSide::assumed);
    m.assume_always(ck, "m_select", select <= 2);
    stream_rules(m, ck, "out", out, RuleSide::asserted);
    const auto moves = m.let("f_moves", out.valid & out.ready);
    m.assert_always(ck, "a_one", (moves & hw::sub_wrap(moves, 1)) == 0);
    m.assert_always(ck, "a_moves_together", hw::any(moves) == (in.valid & in.ready));
    m.cover_sometime(ck, "c_first", moves == 1);
    m.cover_sometime(ck, "c_last", moves == 4);
  });
}

std::string printed_all(hw::Design& design) {
  design.require_clean();
  std::string text;
  for (const hw::Module* module : design.modules()) text += hw::print_verilog(*module);
  return text;
}

TEST(StreamProofs, TheJoinKeepsTheRulesAndMovesAllOrNone) {
  SKIP_WITHOUT_PROVER();
  hw::Design design;
  design.add_module("dut", join_between);
  expect_proved(printed_all(design), "dut", {{}}, 6, 2);
}
TEST(StreamProofs, TheDemuxKeepsTheRulesAndMovesOne) {
  SKIP_WITHOUT_PROVER();
  hw::Design design;
  design.add_module("dut", demux_between);
  expect_proved(printed_all(design), "dut", {{}}, 6, 2);
}

/// Around a block with one stream in and one out: any word that goes in may be picked (`pick_i` is free); it
/// must come out when all words before it have. Nothing is assumed about the neighbours.
constexpr const char* kIntegrity = R"(
module integrity #(parameter CAPACITY = 1, parameter THROUGH = 0) (
  input clk_i, input rst_ni, input pick_i, input in_valid_i, input out_ready_i, input [1:0] in_data_i
);
  reg started = 0;
  always @(posedge clk_i) started <= 1;
  wire rst_n = rst_ni & started;
  wire in_ready, out_valid;
  wire [1:0] out_data;
  `BLOCK u_block (.clk_i(clk_i), .rst_ni(rst_n), .in_data_i(in_data_i), .in_valid_i(in_valid_i),
    .in_ready_o(in_ready), .out_data_o(out_data), .out_valid_o(out_valid), .out_ready_i(out_ready_i));
  wire push = in_valid_i & in_ready;
  wire pop = out_valid & out_ready_i;
  reg [3:0] held = 0, ahead = 0;
  reg tracking = 0;
  reg [1:0] word = 0;
  wire through = (held == 0) & out_valid;
  always @(posedge clk_i) begin
    if (!rst_n) begin
      held <= 0;
      tracking <= 0;
    end else begin
      held <= held + {3'b0, push} - {3'b0, pop};
      if (tracking & pop) begin
        if (ahead == 0) tracking <= 0; else ahead <= ahead - 1;
      end else if (!tracking & pick_i & push & !(through & pop)) begin
        tracking <= 1;
        word <= in_data_i;
        ahead <= held - {3'b0, pop};
      end
    end
  end
  wire ok = (held <= CAPACITY) & (out_valid == ((held != 0) | (THROUGH != 0 & in_valid_i)))
    & !(tracking & (ahead == 0) & (out_data != word)) & !(through & (out_data != in_data_i));
  always @(posedge clk_i) if (rst_n) assert (ok);
endmodule
)";

/// What the model checker of abc says about the block: proved for all time, without invariants from us.
std::string integrity(const std::string& verilog, const std::string& block, Parameters parameters,
                      int capacity, bool through) {
  const test::TempFolder folder;
  write_file(folder / "block.v", verilog);
  write_file(folder / "integrity.v", kIntegrity);
  parameters["WIDTH"] = 2;
  std::string set;
  for (const auto& [name, value] : parameters) set += " -set " + name + " " + std::to_string(value);
  const auto read = run_process(
      {"yosys", "-q", "-p",
       "read_verilog block.v; chparam" + set + " " + block + "; read_verilog -formal -DBLOCK=" + block +
           " integrity.v; chparam -set CAPACITY " + std::to_string(capacity) + " -set THROUGH " +
           (through ? "1" : "0") +
           " integrity; prep -flatten -top integrity; memory_map; async2sync; dffunmap; setundef -anyseq; "
           "delete -output; opt_clean; techmap; opt -full -nodffe -nosdff; abc -g AND -fast; opt_clean; "
           "write_aiger -zinit top.aig"},
      {.directory = folder.path()});
  EXPECT_EQ(read.exit_code, 0) << read.output;
  return run_process({"yosys-abc", "-c", "read_aiger top.aig; strash; scorr; dc2; pdr -T 30"},
                     {.directory = folder.path(), .time_limit = std::chrono::seconds(60)})
      .output;
}

TEST(StreamProofs, NoWordIsLostChangedDoubledOrOvertaken) {
  if (!find_tool("yosys") || !find_tool("yosys-abc")) GTEST_SKIP() << "skipped: yosys not found";
  const auto proved = HasSubstr("Property proved");
  EXPECT_THAT(integrity(printed(StreamRegisterForward{}), "stream_register_forward", {}, 1, false), proved);
  EXPECT_THAT(integrity(printed(StreamRegisterBackward{}), "stream_register_backward", {}, 1, true), proved);
  EXPECT_THAT(integrity(printed(StreamSkid{}), "stream_skid", {}, 2, false), proved);
  EXPECT_THAT(integrity(printed(StreamFifo{}), "stream_fifo", {{"DEPTH", 2}}, 2, false), proved);
  EXPECT_THAT(integrity(printed(StreamFifo{}), "stream_fifo", {{"DEPTH", 3}}, 3, false), proved);
}

/// The text with `from`, which is there, replaced.
std::string broken(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(StreamProofs, FindAWordThatIsOvertaken) {
  if (!find_tool("yosys") || !find_tool("yosys-abc")) GTEST_SKIP() << "skipped: yosys not found";
  const std::string text = broken(printed(StreamSkid{}), "held_q ? held_data_q : in_data_i", "in_data_i");
  EXPECT_THAT(integrity(text, "stream_skid", {}, 2, false), HasSubstr("was asserted in frame"));
}

/// A proof that cannot fail says nothing.
TEST(StreamProofs, FailWhereTheFifoIsBroken) {
  SKIP_WITHOUT_PROVER();
  const std::string text =
      broken(printed(StreamFifo{}), "wire ready = count_q != FULL[COUNT_W-1:0];", "wire ready = 1'b1;");
  const Proof p = prove(text, "stream_fifo", {{"WIDTH", 2}, {"DEPTH", 3}}, 8);
  EXPECT_THAT(p.base, HasSubstr("Status: FAILED"));
  EXPECT_THAT(p.step, HasSubstr("Status: FAILED"));
}

// --------------------------------------------------------------------------------------------------- lint

/// Verilator and Icarus, both with all warnings, and Yosys have nothing to say.
void expect_silent(const hw::Design& design, const std::string& top, const Parameters& parameters) {
  SCOPED_TRACE(top + testing::PrintToString(parameters));
  const test::TempFolder folder;
  std::vector<std::string> files;
  for (const hw::Module* module : design.modules()) {
    files.push_back(module->name + ".v");
    write_file(folder / files.back(), hw::print_verilog(*module));
  }
  const auto silent = [&](std::vector<std::string> argv, const std::vector<std::string>& more) {
    if (!find_tool(argv[0])) {
      std::cout << "skipped: " << argv[0] << " not found\n";
      return;
    }
    argv.insert(argv.end(), more.begin(), more.end());
    const auto r = run_process(argv, {.directory = folder.path()});
    EXPECT_EQ(r.exit_code, 0) << argv[0];
    EXPECT_EQ(r.output, "") << argv[0];
  };
  std::vector<std::string> verilator = {"verilator", "--lint-only", "-Wall", "--top-module", top};
  std::vector<std::string> icarus = {"iverilog", "-g2005", "-Wall", "-o", "/dev/null", "-s", top};
  std::string set;
  for (const auto& [name, value] : parameters) {
    verilator.push_back("-G" + name + "=" + std::to_string(value));
    icarus.push_back("-P" + top + "." + name + "=" + std::to_string(value));
    set += " -set " + name + " " + std::to_string(value);
  }
  if (!set.empty()) set = "chparam" + set + " " + top + "; ";
  std::string all;
  for (const auto& file : files) all += " " + file;
  silent(verilator, files);
  verilator.insert(verilator.end(), {"+define+FORMAL", "--assert"});
  silent(verilator, files);
  silent(icarus, files);
  silent({"yosys", "-q", "-p",
          "read_verilog" + all + "; " + set + "hierarchy -check -top " + top + "; proc; check -assert"},
         {});
}

template <class G>
void expect_silent(const G& generator, const std::vector<Parameters>& settings) {
  hw::Design design;
  build(design, generator);
  for (const auto& p : settings) expect_silent(design, generator.name(), p);
}

TEST(StreamLint, EveryAdapterIsSilentAtTheEdgesOfItsParameters) {
  const std::vector<Parameters> widths = {{}, {{"WIDTH", 1}}, {{"WIDTH", 100}}};
  expect_silent(StreamRegisterForward{}, widths);
  expect_silent(StreamRegisterBackward{}, widths);
  expect_silent(StreamSkid{}, widths);
  expect_silent(StreamFifo{}, {{{"WIDTH", 2}, {"DEPTH", 2}},
                               {{"WIDTH", 100}, {"DEPTH", 3}},
                               {{"WIDTH", 1}, {"DEPTH", 8}},
                               {{"WIDTH", 6}, {"DEPTH", 1000}}});
  const std::vector<Parameters> counts = {{{"WIDTH", 1}, {"COUNT", 2}},
                                          {{"WIDTH", 100}, {"COUNT", 3}},
                                          {{"WIDTH", 5}, {"COUNT", 8}},
                                          {{"WIDTH", 1}, {"COUNT", 64}}};
  expect_silent(StreamFork{}, counts);
  expect_silent(StreamJoin{}, counts);
  expect_silent(StreamDemux{}, counts);
  expect_silent(StreamMerge{}, counts);
}

TEST(StreamLint, AModuleOfAdaptersIsSilent) {
  hw::Design design;
  design.add_module("dut", all_adapters);
  expect_silent(design, "dut", {});
}

}  // namespace
}  // namespace offramp::blocks
