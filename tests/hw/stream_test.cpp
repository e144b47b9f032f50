#include "hw/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/check_module.h"

namespace offramp::hw {
namespace {

using test::check_module;
using testing::HasSubstr;

TEST(Streams, PassThroughIsClean) {
  const auto f = check_module(
      [](ModuleBuilder& m) { connect(m, input_stream(m, "in", uint(8)), output_stream(m, "out", uint(8))); });
  EXPECT_EQ(render(f.all), "");
}

TEST(Streams, ValidMustNotWaitForReady) {
  std::uint32_t line = 0;
  const auto f = check_module([&](ModuleBuilder& m) {
    const auto in = input_stream(m, "in", uint(8));
    line = __LINE__ + 1;
    const auto out = output_stream(m, "out", uint(8));
    m.drive(out.data, in.data);
    m.drive(out.valid, in.valid & out.ready);
    m.drive(in.ready, out.ready);
  });
  const auto& d = f.only("HW0019");
  EXPECT_EQ(d.loc.line, line);
  EXPECT_THAT(d.message, HasSubstr("'out_valid_o' depends on 'out_ready_i'"));
}

TEST(Streams, ReadyThatWaitsForValidHasToBeDeclared) {
  const auto with = [](ReadyRule rule) {
    return [rule](ModuleBuilder& m) {
      const auto a = input_stream(m, "a", uint(8), {.ready = rule});
      const auto out = output_stream(m, "out", uint(8));
      m.drive(out.data, a.data);
      m.drive(out.valid, a.valid);
      m.drive(a.ready, out.ready & a.valid);
    };
  };
  EXPECT_THAT(check_module(with(ReadyRule::independent)).only("HW0019").message,
              HasSubstr("'a_ready_o' depends on 'a_valid_i' in the same cycle; declare the stream with"));
  EXPECT_EQ(render(check_module(with(ReadyRule::may_wait)).all), "");
}

/// Raises its valid only when it sees ready: seen from outside through an instance.
struct Impolite {
  bool operator==(const Impolite&) const = default;
  struct Ports {
    Stream<Value> in, out;
  };
  [[nodiscard]] std::string name() const { return "impolite"; }
  [[nodiscard]] Ports build(ModuleBuilder& m) const {
    Ports p{input_stream(m, "in", uint(8), {.ready = ReadyRule::may_wait}), output_stream(m, "out", uint(8))};
    m.drive(p.out.data, p.in.data);
    m.drive(p.out.valid, p.in.valid & p.out.ready);
    m.drive(p.in.ready, p.out.ready & p.in.valid);
    return p;
  }
};

TEST(Streams, RulesAreCheckedThroughInstances) {
  const auto f = check_module([](ModuleBuilder& m) {
    const auto in = input_stream(m, "in", uint(8));
    const auto out = output_stream(m, "out", uint(8));
    auto u = m.instance("u_impolite", Impolite{});
    feed(m, u, u.ports.in, in, "in");
    connect(m, take(m, u, u.ports.out, "passed"), out);
  });
  int of_dut = 0;
  for (const auto& d : f.all)
    of_dut += d.id == "HW0019" && d.message.find("stream 'in'") != std::string::npos ? 1 : 0;
  EXPECT_EQ(of_dut, 1) << render(f.all);
}

}  // namespace
}  // namespace offramp::hw
