"""The peer in Python: the common operation on playback-studio.

`peer.rs` runs this in a virtual environment that has the package. The first line of the input is an order of 20 lines
as JSON. Each further line asks for something so many times, such as `record 3`, and is answered by a line with a number:
the nanoseconds that all of it took, or bytes.
"""

import json
import sys
from time import perf_counter_ns

from jsonpickle import encode
from playback.studio.equalizer import EqualityStatus, Equalizer
from playback.tape_cassettes.in_memory.in_memory_tape_cassette import InMemoryTapeCassette
from playback.tape_recorder import TapeRecorder

INPUTS = 10

recorder = TapeRecorder(InMemoryTapeCassette())


class Article:
    def __init__(self, id, name, price, in_stock, tags):
        self.id = id
        self.name = name
        self.price = price
        self.in_stock = in_stock
        self.tags = tags


class Basket:
    """Adds up the prices of ten articles, and stores the sum: see `basket.rs`."""

    def __init__(self, basket):
        self.basket = basket

    @recorder.operation()
    def total(self):
        total = sum(self.article(self.basket + number).price for number in range(INPUTS))
        self.store(self.basket, total)
        return total

    @recorder.intercept_input("basket.article")
    def article(self, id):
        return Article(id, "Article of the day", 100 + id % 50, True, ["garden", "summer", "sale"])

    @recorder.intercept_output("basket.store")
    def store(self, basket, total):
        return basket < total


class Restock:
    """Reads an order of 20 lines, and stores it: see `b8_bytes.rs`."""

    def __init__(self, order):
        self.order = order

    @recorder.operation()
    def execute(self):
        return self.store(self.read(1))

    @recorder.intercept_input("restock.order")
    def read(self, number):
        return self.order

    @recorder.intercept_output("restock.store")
    def store(self, order):
        return len(order["lines"])


class Unsaved(InMemoryTapeCassette):
    """Leaves out what the thread of the service can be spared: writing the recording as JSON."""

    def _save_recording(self, recording):
        pass


def timed(times, run):
    began = perf_counter_ns()
    for _ in range(times):
        run()
    return perf_counter_ns() - began


def record(times, cassette=InMemoryTapeCassette):
    recorder.tape_cassette = cassette()
    recorder.enable_recording()
    took = timed(times, lambda: Basket(7).total())
    recorder.disable_recording()
    return took


def keep(operation):
    """Records an operation once, in a cassette of its own."""
    cassette = recorder.tape_cassette = InMemoryTapeCassette()
    recorder.enable_recording()
    operation()
    recorder.disable_recording()
    return cassette, cassette.get_last_recording_id()


def replay(times, kept):
    recorder.tape_cassette, id = kept
    return timed(times, lambda: recorder.play(id, lambda _: Basket(7).total()))


def compare(times, kept):
    """Compares so many recordings. Whatever is equal is one, so it is the same recording each time."""
    recorder.tape_cassette, id = kept

    def player(id):
        return recorder.play(id, lambda _: Basket(7).total())

    def result(outputs):
        return next(
            output.value["args"][0] for output in outputs if TapeRecorder.OPERATION_OUTPUT_ALIAS in output.key
        )

    def comparator(recorded, replayed):
        return EqualityStatus.Equal if recorded == replayed else EqualityStatus.Different

    began = perf_counter_ns()
    for comparison in Equalizer([id] * times, player, result, comparator).run_comparison():
        assert comparison.comparator_status.equality_status == EqualityStatus.Equal, comparison
    return perf_counter_ns() - began


def stored(kept):
    """What the cassette of S3 stores: both objects of a recording."""
    cassette, id = kept
    recording = cassette.get_recording(id)
    with recording.as_buffered_reader() as (_, size):
        return size + len(encode(recording.recording_metadata, unpicklable=True))


def main():
    order = json.loads(sys.stdin.readline())
    basket = keep(lambda: Basket(7).total())
    restock = keep(lambda: Restock(order).execute())
    asked = {
        "record": record,
        "record-unsaved": lambda times: record(times, Unsaved),
        "replay": lambda times: replay(times, basket),
        "compare": lambda times: compare(times, basket),
        "bytes-of-basket": lambda _: stored(basket),
        "bytes-of-restock": lambda _: stored(restock),
    }
    for line in sys.stdin:
        name, times = line.split()
        print(asked[name](int(times)), flush=True)


main()
