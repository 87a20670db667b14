// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/reclaim.h"

#include "tests/tracer/in_threads.h"

#include <gtest/gtest.h>

#include <array>
#include <mutex>
#include <set>
#include <thread>

namespace etch::tracer {
namespace {

using test::in_threads;

TEST(Reclaim, KeepsWhatIsHeld) {
  auto object = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = object;
  Retired retired;
  Reader first, second;
  for (Reader *reader : {&first, &second}) {
    reader->begin_search();
    reader->end_search(object.get());
  }
  retired.reserve(1);
  retired.add(std::move(object));
  EXPECT_TRUE(retired.collect().empty());
  first.let_go();
  EXPECT_TRUE(retired.collect().empty());
  EXPECT_FALSE(watch.expired());
  second.let_go();
  EXPECT_EQ(retired.collect().size(), 1u);
  EXPECT_TRUE(watch.expired());
}

TEST(Reclaim, KeepsWhatAnEarlierSearchMayMeet) {
  Retired retired;
  Reader earlier, later;
  earlier.begin_search();
  retired.add(std::make_shared<int>(1));
  later.begin_search();
  EXPECT_TRUE(retired.collect().empty());
  earlier.end_search(nullptr);
  EXPECT_EQ(retired.collect().size(), 1u) << "a search that began later does not count";
  later.end_search(nullptr);
}

TEST(Reclaim, GivesNestedReadersSlotsOfTheirOwn) {
  Reader outer;
  const uint32_t number = outer.number();
  {
    Reader inner, innermost;
    EXPECT_EQ(std::set({outer.number(), inner.number(), innermost.number()}).size(), 3u);
  }
  const Reader moved = std::move(outer);
  EXPECT_EQ(moved.number(), number);
}

TEST(Reclaim, ReusesTheSlotsOfThreadsThatHaveEnded) {
  std::set<uint32_t> numbers;
  for (int i = 0; i < 100; ++i)
    std::thread([&] {
      const Reader outer, inner;
      numbers.insert({outer.number(), inner.number()});
    }).join();
  EXPECT_LE(numbers.size(), 4u);
}

struct ReadsWhenItsThreadEnds {
  std::set<uint32_t> *numbers = nullptr;
  ~ReadsWhenItsThreadEnds() {
    const Reader first, second;
    numbers->insert({first.number(), second.number()});
  }
};

TEST(Reclaim, ServesDestructorsOfThreadLocals) {
  std::set<uint32_t> numbers;
  for (int i = 0; i < 100; ++i)
    std::thread([&] {
      static thread_local ReadsWhenItsThreadEnds late; // destroyed after the thread's slots went back
      late.numbers = &numbers;
      const Reader reader;
    }).join();
  EXPECT_LE(numbers.size(), 4u);
}

/// Eight places that hold objects, which know their place until they are destroyed.
class Shelf {
public:
  struct Object {
    explicit Object(int place) : place(place) { ++alive; }
    ~Object() {
      place = -1;
      --alive;
    }
    int place;
    static inline std::atomic<int> alive{0};
  };
  static constexpr int kPlaces = 8;

  Shelf() {
    for (int place = 0; place < kPlaces; ++place)
      replace(place);
  }
  void replace(int place) {
    std::vector<std::shared_ptr<const void>> garbage;
    std::lock_guard lock(mutex_);
    auto &owner = owners_[static_cast<size_t>(place)];
    auto old = std::exchange(owner, std::make_shared<Object>(place));
    links_[static_cast<size_t>(place)].store(owner.get(), std::memory_order_seq_cst);
    if (old)
      retired_.add(std::move(old));
    garbage = retired_.collect();
  }
  /// Whether the object is whole for as long as it is held, `depth` reads of others within included.
  bool read(int place, int depth) {
    Reader reader;
    reader.begin_search();
    const Object *object = links_[static_cast<size_t>(place)].load(std::memory_order_seq_cst);
    reader.end_search(object);
    const bool before = object->place == place;
    const bool within = depth == 0 || read((place * 3 + 1) % kPlaces, depth - 1);
    return before && within && object->place == place;
  }
  size_t retired() {
    std::lock_guard lock(mutex_);
    auto garbage = retired_.collect();
    return retired_.size();
  }

private:
  std::mutex mutex_;
  std::array<std::atomic<const Object *>, kPlaces> links_;
  std::array<std::shared_ptr<Object>, kPlaces> owners_;
  Retired retired_;
};

TEST(Reclaim, FreesNothingThatIsRead) {
  Shelf shelf;
  std::atomic<int> wrong{0};
  in_threads(8, [&](int thread) {
    for (int i = 0; i < 20000; ++i) {
      const int place = (i * 7 + thread) % Shelf::kPlaces;
      if (thread < 2)
        shelf.replace(place);
      else if (!shelf.read(place, i % 3))
        ++wrong;
      if (thread == 7 && i % 200 == 0) // a thread with nothing but an end
        std::thread([&] { wrong += !shelf.read(place, 2); }).join();
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(shelf.retired(), 0u);
  EXPECT_EQ(Shelf::Object::alive, Shelf::kPlaces);
}

} // namespace
} // namespace etch::tracer
