#include "base/interrupt.h"
#include "cli/app.h"

int main(int argc, char** argv) {
  const offramp::InterruptScope interrupt;
  return offramp::cli::run(argc, argv);
}
