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

int Accelerator::array_dsps() const {
  int n = 0;
  for (const EnginePlan& e : engines)
    n += e.shape.rows * e.shape.columns * (e.packed ? (e.shape.lanes + 1) / 2 : e.shape.lanes);
  return n;
}

int Accelerator::engine_of_exit(int exit) const {
  for (std::size_t i = 0; i < engines.size(); ++i) {
    for (const LayerPlan& l : engines[i].layers) {
      if (l.exit == exit) return static_cast<int>(i);
    }
  }
  return -1;
}

}  // namespace offramp::accel
