#pragma once
// The part of an engine that adds residuals on the way out (see blocks/residual.h).
#include <functional>
#include <string>

#include "accel/engine.h"

namespace offramp::accel {

/// Signals of the engine at the convolution's result, stage g.
struct ResidualInputs {
  hw::Clocking ck;
  hw::Value results;    // lane-major, result_bits each
  hw::Value odd_g;      // the result's layer has an odd number
  hw::Value residuals;  // lane-major elements as stored
  /// A field of the layer with the given parity.
  std::function<hw::Value(const std::string&, const hw::Value&)> of_layer;
};

/// The results with what is to be added, blocks::ResidualAdd::kStages cycles later.
[[nodiscard]] hw::Value add_residuals(hw::ModuleBuilder& m, const EngineConfig& config,
                                      const ResidualInputs& in);

}  // namespace offramp::accel
