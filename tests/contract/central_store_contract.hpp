// What every adapter of the central store must do. An adapter's test makes a Factory and instantiates the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlcipher, CentralStoreContract, testing::Values(Adapter{"sqlcipher", make_sqlcipher}));
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "sync/central/central_store.hpp"

namespace satchel::sync::contract {

// A store of its own for one test, and the means to open it again.
class StoreUnderTest {
public:
    virtual ~StoreUnderTest() = default;
    virtual CentralStore& store() = 0;
    virtual void reopen() = 0;  // as after the end of the process
};

struct Adapter {
    std::string name;
    std::function<std::unique_ptr<StoreUnderTest>()> make;  // with a busy time-out of at most 200 ms
};

class CentralStoreContract : public testing::TestWithParam<Adapter> {
protected:
    std::unique_ptr<StoreUnderTest> under_test_ = GetParam().make();
    CentralStore& store() { return under_test_->store(); }
};

}  // namespace satchel::sync::contract
