"""A moving picture of 320x180 at 30 a second, and a tone, made by filters of FFmpeg."""

from av.filter import Graph


def pictures():
    graph = Graph()
    source = graph.add("testsrc2", "size=320x180:rate=30")
    return _endless(graph, [source], "buffersink")


def tone():
    graph = Graph()
    source = graph.add("sine", "frequency=440:sample_rate=48000:samples_per_frame=960")
    stereo = graph.add("aformat", "sample_fmts=s16:channel_layouts=stereo")
    return _endless(graph, [source, stereo], "abuffersink")


def _endless(graph, filters, sink):
    filters = [*filters, graph.add(sink)]
    for one, next_one in zip(filters, filters[1:]):
        one.link_to(next_one)
    graph.configure()
    while True:
        yield graph.pull()
