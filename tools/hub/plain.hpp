// Answers of satchel-hub in words, made from the same data that --json prints. Pure.
#pragma once

#include "sync/console/terminal.hpp"

namespace satchel::tools::hub {

std::string plain_init(const console::Json& body, const console::Terminal& terminal);
std::string plain_import(const console::Json& body, const console::Terminal& terminal);
std::string plain_user(const console::Json& body, const console::Terminal& terminal);
std::string plain_enrolment(const console::Json& body, const console::Terminal& terminal);
std::string plain_serve(const console::Json& body, const console::Terminal& terminal);
std::string plain_items(const console::Json& body, const console::Terminal& terminal);
std::string plain_item(const console::Json& body, const console::Terminal& terminal);
std::string plain_decision(const console::Json& body, const console::Terminal& terminal);
std::string plain_routed(const console::Json& body, const console::Terminal& terminal);
std::string plain_lint(const console::Json& body, const console::Terminal& terminal);
std::string plain_matrix(const console::Json& body, const console::Terminal& terminal);
std::string plain_diff(const console::Json& body, const console::Terminal& terminal);
std::string plain_dry_run(const console::Json& body, const console::Terminal& terminal);
std::string plain_explain(const console::Json& body, const console::Terminal& terminal);
std::string plain_verify(const console::Json& body, const console::Terminal& terminal);

}  // namespace satchel::tools::hub
