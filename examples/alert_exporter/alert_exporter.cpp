// The program. The module is in alert_exporter.hpp, where its test includes it as well.
#include "alert_exporter.hpp"

int main(int argc, char** argv) { return slips::run<AlertExporter>(argc, argv); }
