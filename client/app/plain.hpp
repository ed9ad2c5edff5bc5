// Answers of satchel in words, made from the same data that --json prints. Pure.
#pragma once

#include "sync/console/terminal.hpp"

namespace satchel::client::app {

std::string plain_cases(const console::Json& body, const console::Terminal& terminal);
std::string plain_case(const console::Json& body, const console::Terminal& terminal);
std::string plain_since(const console::Json& body, const console::Terminal& terminal);
std::string plain_types(const console::Json& body, const console::Terminal& terminal);
std::string plain_records(const console::Json& body, const console::Terminal& terminal);
std::string plain_record(const console::Json& body, const console::Terminal& terminal);
std::string plain_saved(const console::Json& body, const console::Terminal& terminal);
std::string plain_history(const console::Json& body, const console::Terminal& terminal);
std::string plain_why(const console::Json& body, const console::Terminal& terminal);
std::string plain_items(const console::Json& body, const console::Terminal& terminal);
std::string plain_item(const console::Json& body, const console::Terminal& terminal);
std::string plain_decision(const console::Json& body, const console::Terminal& terminal);
std::string plain_attention(const console::Json& body, const console::Terminal& terminal);
std::string plain_outbox(const console::Json& body, const console::Terminal& terminal);
std::string plain_tasks(const console::Json& body, const console::Terminal& terminal);
std::string plain_task_settled(const console::Json& body, const console::Terminal& terminal);
std::string plain_changes(const console::Json& body, const console::Terminal& terminal);
std::string plain_hits(const console::Json& body, const console::Terminal& terminal);
std::string plain_enrol(const console::Json& body, const console::Terminal& terminal);
std::string plain_sync(const console::Json& body, const console::Terminal& terminal);
std::string plain_status(const console::Json& body, const console::Terminal& terminal);
std::string plain_serve(const console::Json& body, const console::Terminal& terminal);
std::string plain_lock(const console::Json& body, const console::Terminal& terminal);
std::string plain_doctor(const console::Json& body, const console::Terminal& terminal);

}  // namespace satchel::client::app
