#include "accel/accelerator.h"

#include "base/error.h"

namespace offramp::accel {

const char* to_string(Strategy s) {
  switch (s) {
    case Strategy::static_:
      return "static";
    case Strategy::pipeline:
      return "pipeline";
    case Strategy::parallel:
      return "parallel";
  }
  return "?";
}

Strategy strategy_from(const std::string& word) {
  for (const Strategy s : {Strategy::static_, Strategy::pipeline, Strategy::parallel}) {
    if (word == to_string(s)) return s;
  }
  throw Error("unknown exit strategy '" + word + "': use static, pipeline or parallel");
}

int Accelerator::multipliers() const {
  int n = 0;
  for (const EnginePlan& e : engines) n += e.shape.multipliers();
  return n;
}

}  // namespace offramp::accel
