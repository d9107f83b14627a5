"""Images are built by the application's own Makefile, and what goes wrong on the way is said."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from codegen import emit, formats, run, runtime, unikraft
from codegen.bench import comparison
from codegen.cli import options
from codegen.errors import UsageError
from codegen.model import STRATEGIES
from codegen.resolve import resolve
from codegen.unikernel import guest, image, qemu
from codegen.unikernel.console import Crash, Hang, NoDevice, Panic
from codegen.unikraft import Target, Tree
from tests.tools import find_tool

QEMU = Target("qemu", "x86_64")
FILES = emit.render(resolve(formats.load("usoc21")), STRATEGIES[0])


def codegen(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codegen", *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=os.environ | environment,
    )


# ------------------------------------------------------------- a real tree


@pytest.mark.unikraft
def test_an_application_folder_builds_by_itself(newest: Tree, tools: None, tmp_path: Path) -> None:
    """As any Unikraft application: with make, and nothing of codegen."""
    app = tmp_path / "usoc21" / "app"
    emit.write(FILES, app)
    emit.write(emit.render_runtime(), tmp_path / "runtime")
    done = subprocess.run(
        ["make", "-C", app, f"UK_ROOT={newest.root}", "-j2"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    built = app / "build" / newest.image_name(QEMU, "pktgen")
    assert built.stat().st_size > 100_000
    assert b'{"format":"usoc21","strategy":"heap-gen"' in built.read_bytes()
    assert re.findall(rf"^{re.escape(str(tmp_path))}/.*\bwarning\b.*$", done.stdout, re.M) == []
    names = [*FILES, *json.loads(FILES["manifest.json"])["runtime"]]
    for source in (name for name in names if name.endswith(".c")):
        assert re.search(rf"\bapppktgen: {source.removesuffix('.c')}\.o$", done.stdout, re.M)
    # The configuration has been made once and is the user's from now on.
    config = app / ".config"
    config.write_text(config.read_text().replace('UK_NAME="pktgen"', 'UK_NAME="other"'))
    again = subprocess.run(
        ["make", "-C", app, f"UK_ROOT={newest.root}"], capture_output=True, timeout=600, check=False
    )
    assert again.returncode == 0, again.stderr
    assert (app / "build" / newest.image_name(QEMU, "other")).is_file()


@pytest.mark.unikraft
def test_a_folder_elsewhere_needs_the_runtime(newest: Tree, tools: None, tmp_path: Path) -> None:
    """In a folder of its own, which goes before one beside it, or in one that is named."""
    app = tmp_path / "outer" / "app"
    emit.write(FILES, app)

    def call(*arguments: str | Path) -> tuple[int, str]:
        done = subprocess.run(
            ["make", "-C", app, f"UK_ROOT={newest.root}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
            check=False,
        )
        return done.returncode, done.stdout

    def main(*arguments: str) -> str:
        code, said = call("print-srcs", *arguments)
        assert code == 0, said
        (found,) = re.findall(r"(\S+)/main\.c ", said)
        return str(found)

    assert call("defconfig")[0] == 0
    code, said = call()
    assert code == 2
    assert f"There is no folder runtime/ in {app}, and none in {tmp_path}. Copy it there" in said
    for folder in (tmp_path / "runtime", app / "runtime"):
        emit.write(emit.render_runtime(), folder)
        assert main() == str(folder)
    emit.write(emit.render_runtime(), tmp_path / "named")
    assert main(f"APPPKTGEN_RUNTIME={tmp_path / 'named'}") == str(tmp_path / "named")
    code, said = call(f"APPPKTGEN_RUNTIME={tmp_path / 'nowhere'}")
    assert code == 2
    assert f"{tmp_path / 'nowhere'} has no main.c" in said


@pytest.mark.unikraft
def test_the_command_prints_path_and_size(newest: Tree, tools: None, tmp_path: Path) -> None:
    arguments = ("image", "--uk-root", str(newest.root), "--output", str(tmp_path / "out"))
    for _ in range(2):
        done = codegen(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        path = tmp_path / "out" / "usoc21_pool-dup_qemu-x86_64"
        size = path.stat().st_size
        assert done.stdout == f"{path}: {size} bytes, Unikraft {newest.version}\n"
    symbols = path.with_name(f"{path.name}.dbg")
    assert set((tmp_path / "out").iterdir()) == {path, symbols}
    assert b".debug_info" in symbols.read_bytes()
    dce = codegen(*arguments, "--build", "dce", "--sink", "window:9")
    assert dce.returncode == 0, dce.stderr
    smaller = tmp_path / "out" / "usoc21_pool-dup_window9_dce_qemu-x86_64"
    assert smaller.stat().st_size < size


@pytest.mark.unikraft
def test_the_loop_calls_no_bytewise_memcpy(newest: Tree, tools: None, tmp_path: Path) -> None:
    """Unikraft's own libc copies byte by byte, and compilers turn loops into calls of it."""
    opts = image.Options(QEMU, sink="free")
    for strategy in STRATEGIES:
        if strategy.name not in ("heap-gen", "pool-dup", "ring-patch", "zero-copy"):
            continue
        files = emit.render(resolve(formats.load("usoc21")), strategy)
        made = image.build(files, newest, opts, tmp_path / strategy.name)
        with image._work_folder(newest, opts) as work:
            listed = subprocess.run(
                [find_tool("objdump"), "-dr", work / "build" / "apppktgen" / "loop.o"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        assert made.size
        assert "uk_netbuf_free" in listed, "it should have what the loop calls"
        assert re.findall(r"\b(memcpy|memset|memmove)\b", listed) == [], strategy.name


#: What is put into main() to make a guest fail, and the error that it must give.
BROKEN = {
    "crash": ("__builtin_trap();", Crash, "crashed"),
    "panic": ("UK_ASSERT(argc == 77);", Panic, "Assertion failure: argc == 77"),
    "hang": ('for (;;)\n\t\t__asm__ __volatile__("");', Hang, "printed nothing for 3 s"),
}


@pytest.mark.unikraft
@pytest.mark.parametrize("how", BROKEN)
def test_each_end_of_a_guest_is_told_apart(
    newest: Tree, tools: None, how: str, tmp_path: Path
) -> None:
    statement, kind, said = BROKEN[how]
    mark = "\tif (options_parse("
    main = runtime.texts()["main.c"]
    assert main.count(mark) == 1
    source = main.replace(mark, f'\tprintf("begun\\n");\n\t{statement}\n{mark}')
    source = source.replace("#include <stdio.h>", "#include <stdio.h>\n#include <uk/assert.h>")
    files = FILES | {"runtime/main.c": source}
    made = image.build(files, newest, image.Options(QEMU), tmp_path / "image")
    console = qemu.Qemu(QEMU).start(made.path, (), None)
    with pytest.raises(kind, match=re.escape(said)) as caught:
        console.follow(lambda _: None, 3 if how == "hang" else 30)
    assert "begun" in str(caught.value)


@pytest.mark.unikraft
def test_a_machine_without_a_device_is_told(newest: Tree, tools: None, tmp_path: Path) -> None:
    made = image.build(FILES, newest, image.Options(QEMU), tmp_path / "image")
    console = qemu.Qemu(QEMU)._start(made.path, (), (), ())
    with pytest.raises(NoDevice, match="no network device; attach one"):
        console.follow(lambda _: None, 30)


@pytest.mark.unikraft
def test_a_table_compares_with_the_plain_way(newest: Tree, tools: None) -> None:
    done = codegen(
        *("run", "--platform", "qemu", "--uk-root", str(newest.root), "--kvm", "off"),
        *("--strategy", "ring-patch,zero-copy", "--sink", "free"),
        *("--duration", "0.3", "--repeat", "1", "--json"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    who = [cell["who"] for cell in found["cells"]]
    assert who[-2:] == ["ring-patch", "zero-copy"]
    assert "tutorial-pool-dup" in who
    assert {ratio["who"] for ratio in found["ratios"]} == set(who) - {"tutorial-pool-dup"}
    assert all(cell["image_bytes"] > 100_000 for cell in found["cells"])


SWEPT = """
from codegen.formats.udp import UDP4
from codegen.model import IMIX
from codegen.resolve import resolve
PACKET = UDP4.preset("mixed", "the simple internet mix", {"length": IMIX})
del UDP4
"""


@pytest.mark.unikraft
def test_swept_lengths_are_compared_with_no_single_one(
    newest: Tree, tools: None, tmp_path: Path
) -> None:
    (tmp_path / "swept.py").write_text(SWEPT)
    done = codegen(
        *("run", "--platform", "qemu", "--uk-root", str(newest.root), "--kvm", "off"),
        *("--strategy", "ring-patch,zero-copy", "--sink", "free"),
        *("--format", str(tmp_path / "swept.py"), "--duration", "0.1", "--repeat", "1", "--json"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [cell["who"] for cell in found["cells"]] == ["ring-patch"]
    assert found["ratios"] == []
    assert re.findall(r"^(\S+) is left out: ", done.stderr, re.M) == ["zero-copy", "tutorial-*"]


def test_a_plain_way_sends_what_the_strategies_send() -> None:
    said: list[str] = []
    longer = formats.load("udp4").packet.preset("longer", "", {"length": 512})
    for length, wanted in ((None, "length=512"), (70, "length=70")):
        request = run.Request(resolve(longer), STRATEGIES[0], length=length)
        ways = comparison._plain_ways(request, lambda *why: said.extend(why))
        assert [wanted in arguments for _, _, arguments in ways] == [True] * 5
    jumbo = replace(longer.packet, name="jumbo", max_length=4000)
    request = run.Request(resolve(jumbo), STRATEGIES[0], length=1515)
    assert said == []
    assert comparison._plain_ways(request, lambda *why: said.extend(why)) == []
    assert said == [
        "tutorial-*",
        "the baselines send frames of one length, 60 to 1514 bytes",
    ]


@pytest.mark.unikraft
def test_a_tree_that_lacks_the_target_is_told(newest: Tree, tools: None) -> None:
    if newest.version != "0.17.0":
        pytest.skip("linuxu left Unikraft with 0.17")
    done = codegen("image", "--platform", "linuxu", "--uk-root", str(newest.root))
    assert done.returncode == 1
    assert "cannot be used for linuxu-x86_64: it lacks the platform linuxu" in done.stderr


# ------------------------------------------------------------- no tree at all


def fake_tree(folder: Path, makefile: str) -> Tree:
    """Return a tree whose make does what the text says."""
    (folder / "lib" / "uknetdev").mkdir(parents=True)
    (folder / "Makefile").write_text(makefile)
    (folder / "version.mk").write_text("UK_VERSION = 7\nUK_SUBVERSION = 1\nUK_EXTRAVERSION = .2\n")
    return unikraft.find_tree(folder)


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_version_is_the_trees(tmp_path: Path) -> None:
    assert fake_tree(tmp_path / "tree", "").version == "7.1.2"


def test_the_tree_is_found_where_it_is_named_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, named = (fake_tree(tmp_path / name, "") for name in ("given", "named"))
    below = fake_tree(tmp_path / "work" / "unikraft", "")
    usual = fake_tree(tmp_path / "home" / ".unikraft" / "unikraft", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert unikraft.find_tree() == usual
    monkeypatch.setenv("UK_WORKDIR", str(tmp_path / "nothing"))
    assert unikraft.find_tree() == usual
    monkeypatch.setenv("UK_WORKDIR", str(tmp_path / "work"))
    assert unikraft.find_tree() == below
    monkeypatch.setenv("UK_ROOT", str(named.root))
    assert unikraft.find_tree() == named
    assert unikraft.find_tree(given.root) == given


def test_krafts_own_tree_comes_before_that_of_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = fake_tree(tmp_path / "home" / ".unikraft" / "unikraft", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path / "app")
    assert unikraft.find_tree() == usual
    own = fake_tree(tmp_path / "app" / ".unikraft" / "unikraft", "")
    assert unikraft.find_tree() == own


def test_a_tree_with_a_blank_in_its_path_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Makefiles would take the path for two."""
    folder = tmp_path / "with blank"
    with pytest.raises(UsageError, match=r"'.*/with blank' has a blank in its path"):
        fake_tree(folder, "")
    (tmp_path / "link").symlink_to(folder)
    assert unikraft.find_tree(tmp_path / "link").root == tmp_path / "link"
    monkeypatch.setenv("UK_WORKDIR", str(tmp_path / "a b"))
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "unikraft").symlink_to(folder)
    with pytest.raises(UsageError, match="has a blank in its path"):
        unikraft.find_tree()


def test_a_cache_with_a_blank_in_its_path_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "with blank"))
    tree = fake_tree(tmp_path / "tree", "")
    with pytest.raises(image.ImageError, match=r"'.*with blank.*' has a blank .* XDG_CACHE_HOME"):
        image.build(FILES, tree, image.Options(QEMU), tmp_path / "out")
    assert not (tmp_path / "with blank").exists()


@pytest.mark.parametrize("which", ["application", "tree"])
def test_make_refuses_a_blank_in_a_path(which: str, tmp_path: Path) -> None:
    app = tmp_path / ("an app" if which == "application" else "app")
    tree = tmp_path / ("a tree" if which == "tree" else "tree")
    (tree / "lib" / "uknetdev").mkdir(parents=True)
    emit.write(emit.with_runtime(FILES), app)
    done = subprocess.run(
        ["make", "-C", app, f"UK_ROOT={tree}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"There is a blank in {'UK_ROOT' if which == 'tree' else 'the path'}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_linuxu_is_refused_where_it_crashes(tmp_path: Path) -> None:
    """From 0.11 to 0.12, errno is thread-local before there is such storage."""
    tree = fake_tree(tmp_path / "tree", "")
    linuxu = Target("linuxu", "x86_64")
    for name, text in {
        "plat/linuxu/Config.uk": "config TAP_NET\n",
        "lib/uklibparam/param.c": "errno = 0;\n",
        "lib/nolibc/errno.c": "int errno;\n",
    }.items():
        (tree.root / name).parent.mkdir(parents=True, exist_ok=True)
        (tree.root / name).write_text(text)
    tree.check(linuxu)
    (tree.root / "lib/nolibc/errno.c").write_text("__thread int errno;\n")
    with pytest.raises(unikraft.TreeError, match=r"libuklibparam sets errno .* and crashes"):
        tree.check(linuxu)


def test_without_a_tree_it_is_said_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with pytest.raises(
        unikraft.TreeError, match=rf"no Unikraft tree in {tmp_path}/home/\.unikraft"
    ):
        unikraft.find_tree()
    done = codegen("image", "--uk-root", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith(f"codegen: --uk-root: there is no Unikraft tree in {tmp_path}; ")
    for words in ("github.com/unikraft/unikraft", "--uk-root", "UK_ROOT", "0.5", "0.17.0"):
        assert words in done.stderr


HANGS = "defconfig:\n\techo asking; sleep 60\n"
BREAKS = (
    "all:\n\techo 'x.c:1: error: no such thing'; false\ndefconfig print-objs:\n\ttouch '$(C)'\n"
)


@pytest.mark.parametrize(
    ("makefile", "said"),
    [(HANGS, "the configuration did not end within 1 s"), (BREAKS, "the build failed")],
)
def test_a_step_that_fails_or_hangs_shows_the_log(
    makefile: str,
    said: str,
    tmp_path: Path,
    tools: None,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image, "CONFIGURE_LIMIT", 1)
    monkeypatch.setattr(image._Maker, "_check", lambda *_: None)
    start = time.monotonic()
    with pytest.raises(image.ImageError, match=said) as caught:
        image.build(
            FILES, fake_tree(tmp_path / "tree", makefile), image.Options(QEMU), tmp_path / "i"
        )
    assert time.monotonic() - start < 30
    (log,) = own_cache.glob("codegen/image-*/log")
    assert f"the last lines of {log}:" in str(caught.value)
    assert ("asking" if makefile is HANGS else "x.c:1: error: no such thing") in str(caught.value)
    assert not (tmp_path / "i").exists()


def test_an_option_that_kconfig_dropped_is_told(
    tmp_path: Path, tools: None, own_cache: Path
) -> None:
    makefile = "defconfig:\n\tgrep -v LTO '$(UK_DEFCONFIG)' >'$(C)'\n"
    tree = fake_tree(tmp_path / "tree", makefile)
    with pytest.raises(unikraft.TreeError, match=r"Unikraft 7\.1\.2 .* has no OPTIMIZE_LTO"):
        image.build(FILES, tree, image.Options(QEMU, build="dce+lto"), tmp_path / "image")


@pytest.mark.parametrize("tool", ["make", "bison", "qemu-system-x86_64"])
def test_a_missing_tool_is_told_with_its_package(
    tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bin"
    path.mkdir()
    for name in ("make", "bison", "flex", "m4", "gcc"):
        if name != tool:
            (path / name).symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises((image.ImageError, qemu.QemuError), match=rf"{tool}.*apt install"):
        if tool.startswith("qemu"):
            qemu.Qemu(QEMU).start(tmp_path, (), None)
        else:
            image.build(
                FILES, fake_tree(tmp_path / "tree", ""), image.Options(QEMU), tmp_path / "i"
            )


def test_a_cross_compiler_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(image.ImageError, match=r"apt install gcc-aarch64-linux-gnu\)"):
        image._environment(Target("qemu", "arm64"))


def test_a_cache_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(image.ImageError, match="set XDG_CACHE_HOME"):
        image.build(FILES, fake_tree(tmp_path / "tree", ""), image.Options(QEMU), tmp_path / "i")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("image", "--sink", "hole"), "there is no sink 'hole'"),
        (("image", "--platform", "linuxu", "--arch", "arm64"), "there is no target linuxu-arm64"),
        (("run", "--pair"), "--pair is for unikernels: add --platform qemu"),
        (("run", "--platform", "qemu", "--device", "loop"), "--device loop: devices are those of"),
        (("run", "--platform", "qemu", "--build", "fast"), "there is no build 'fast'"),
        (("run", "--platform", "qemu", "--set", "ttl"), "--set ttl: key=value is wanted"),
        (("run", "--platform", "qemu", "--length", "59"), "--length 59: frames of format 'usoc21'"),
        (("run", "--platform", "qemu", "--format", "{}/swept.py", "--length", "60"), "'mixed' sw"),
        (("run", "--platform", "qemu", "--pair", "--length", "1515"), "--length 1515: frames of"),
        (("run", "--platform", "qemu", "--strategy", "all", "--length", "59"), "--length 59: fram"),
        (("run", "--platform", "qemu", "--strategy", "all", "--device", "loop"), "--device loop: "),
        (("run", "--platform", "qemu", "--virtio", "mmio"), "--virtio mmio: a machine of"),
        (("run", "--platform", "qemu", "--pair", "--mode", "rx"), "no --mode, no --sink"),
        (("run", "--strategy", "all", "--mode", "rx"), "no --pair, no --mode"),
        (("run", "--platform", "qemu", "--sink", "hole"), "there is no sink 'hole'"),
        (("run", "--platform", "qemu", "--pair", "--strategy", "all"), "no --pair, no --mode"),
        (("run", "--platform", "qemu", "--pair", "--sink", "free"), "no --mode, no --sink"),
        (("run", "--platform", "qemu", "--netbuf", "unikraft"), "--netbuf is for the platform"),
    ],
)
def test_misuse_is_reported_whatever_the_machine_lacks(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """Here there is neither a tool nor a tree, and still what is reported is the misuse."""
    (tmp_path / "swept.py").write_text(SWEPT)
    arguments = tuple(each.format(tmp_path) for each in arguments)
    bare = {name: str(tmp_path / "empty") for name in ("PATH", "HOME", "XDG_CACHE_HOME")}
    done = codegen(*arguments, **bare)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert not (tmp_path / "empty").exists()


def test_the_options_have_the_builds_of_images() -> None:
    assert tuple(image.BUILDS) == options.BUILDS


def test_the_targets_have_configurations() -> None:
    for target in unikraft.TARGETS:
        assert f"{target.name}.defconfig" in emit.FILES


@pytest.mark.parametrize(
    ("cores", "machines", "accelerator", "faster"),
    [(1, 1, "tcg", "timer"), (2, 1, "tcg", "bh"), (2, 2, "tcg", "timer"), (1, 1, "kvm", "bh")],
)
def test_batches_are_for_guests_that_share_a_core(
    cores: int, machines: int, accelerator: str, faster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert qemu.faster_notification(accelerator, machines) == faster


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        ((), 39),
        (("interval=1",), 33),
        (("interval=0", "duration=5"), 35),
        (("interval=0",), 630),
        (("interval=x",), 39),
    ],
)
def test_a_guest_may_be_silent_for_some_lines_of_speed(
    arguments: tuple[str, ...], seconds: float
) -> None:
    assert guest.silence(arguments) == seconds


@pytest.mark.parametrize(
    ("platform", "sink", "needed"),
    [("qemu", "netdev", True), ("qemu", "free", False), ("linuxu", "free", True)],
)
def test_who_needs_a_bridge(platform: str, sink: str, needed: bool, tmp_path: Path) -> None:
    opts = image.Options(Target(platform, "x86_64"), sink=sink)
    assert guest.Setup(Tree(tmp_path), opts).on_bridge == needed


def test_kvm_of_another_architecture_is_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    other = Target("qemu", "arm64" if os.uname().machine == "x86_64" else "x86_64")
    assert qemu.choose_accelerator("off", other, tmp_path, said.append) == "tcg"
    assert said == []
    assert qemu.choose_accelerator("auto", other, tmp_path, said.append) == "tcg"
    assert said == [
        f"no KVM (this machine is no {other.arch}): the machine is emulated (tcg), and slower"
    ]
    with pytest.raises(qemu.QemuError, match="KVM cannot be used: this machine is no"):
        qemu.choose_accelerator("on", other, tmp_path, said.append)
