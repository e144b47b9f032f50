#include <fmt/format.h>

#include "cli/describe.h"
#include "cli/options.h"
#include "cli/stages.h"
#include "cli/verbs.h"

namespace offramp::cli {

Answer tune(const Arguments& arguments, Console&) {
  Quantized quantized = read_quantized(arguments.input);
  const Data data = read_data(arguments.data);
  check_fits_images(data, quantized.network);
  tune_thresholds(quantized, data, arguments);
  write_quantized(folder_of(arguments.input), quantized);
  Answer answer;
  answer.json["network"] = quantized.network.name;
  answer.json["exits"] = describe(quantized.network)["exits"];
  answer.json["exit_rates"] = quantized.exit_rates;
  answer.json["tuning"] = quantized.configuration.at("tuning");
  for (std::size_t e = 0; e + 1 < quantized.network.exits.size(); ++e) {
    const quant::QExit& x = quantized.network.exits[e];
    answer.text += fmt::format(
        "exit {} ({}): {} at level {:g}, register value {}, taken by {:.2f} % of the tuning "
        "images\n",
        e, x.name, fixed::name_of(x.criterion), x.level, x.threshold, 100 * quantized.exit_rates[e]);
  }
  answer.text += fmt::format("Tuned: {}.\n", quantized.configuration.at("tuning"));
  return answer;
}

}  // namespace offramp::cli
