#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "cli/describe.h"
#include "cli/stages.h"
#include "cli/verbs.h"

namespace offramp::cli {

Answer quantize(const Arguments& arguments, Console&) {
  const Model model = read_model(arguments.input);
  std::optional<Data> data;
  if (!arguments.data.empty()) {
    data = read_data(arguments.data);
    net::check_dataset_fits(data->set, model.network);
  }
  const Quantized quantized = quantize_model(model, data ? &*data : nullptr, arguments);
  write_quantized(arguments.output, quantized);
  Answer answer;
  answer.json = describe(quantized.network);
  answer.json["calibration"] = quantized.configuration.at("calibration");
  answer.json["output"] = arguments.output;
  answer.text =
      fmt::format("{}\nRanges from: {}.\nWrote {}/quantized.json and quantized.onnx.\n",
                  table_of(quantized.network), quantized.configuration.at("calibration"), arguments.output);
  return answer;
}

}  // namespace offramp::cli
