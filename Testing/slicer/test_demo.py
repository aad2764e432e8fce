"""The demonstration leaves what it says."""

from pathlib import Path

import pytest

from MuscleSegLib.resources import resources_dir

needs_the_sample = pytest.mark.skipif(
    not (
        (resources_dir() / "SampleData" / "thigh.nii.gz").is_file()
        and (resources_dir() / "Models" / "thigh-hrnet").is_dir()
    ),
    reason="the sample volume and the bundled models are not here",
)


@needs_the_sample
def test_the_demo_writes_what_it_prints(tmp_path, capsys):
    from MuscleSegLib.slicer.demo import run_demo

    heard = []
    written = run_demo(tmp_path / "new folder", lambda fraction, message: heard.append((fraction, message)))

    printed = capsys.readouterr().out
    assert {"thigh.seg.nrrd", "thigh.mrb", "thigh-slices.png"} <= {path.name for path in written}
    assert all(path.stat().st_size > 0 and str(path) in printed for path in written)
    assert [fraction for fraction, _ in heard] == sorted(fraction for fraction, _ in heard)
    assert heard[-1] == (1.0, "Done")


@needs_the_sample
def test_the_demo_writes_into_a_folder_that_is_named_from_where_one_is(tmp_path, monkeypatch):
    from MuscleSegLib.slicer.demo import run_demo

    monkeypatch.chdir(tmp_path)
    run_demo(Path("demo-output"))

    assert (tmp_path / "demo-output" / "thigh.mrb").stat().st_size > 0
