import pytest

from MuscleSegLib.cli import main
from MuscleSegLib.commands.extras import extra_packages
from MuscleSegLib.errors import MuscleSegError
from Testing.simulation.label_maps import THIGH, write_body
from Testing.training.conftest import CONFIG


@pytest.fixture
def train(tmp_path, capsys):
    write_body(tmp_path / "data" / "limbs", "A", [THIGH])
    write_body(tmp_path / "data" / "limbs", "B", [THIGH])
    (tmp_path / "tiny.toml").write_text(CONFIG, encoding="utf-8")

    def run(*arguments) -> tuple[int, str, str]:
        fixed = ["train", tmp_path / "tiny.toml", "--data", tmp_path / "data", "--output", tmp_path / "run"]
        code = main([str(argument) for argument in [*fixed, "--device", "cpu", *arguments]])
        return code, *capsys.readouterr()

    return run


def test_a_training_that_is_stopped_says_how_to_go_on_and_then_where_the_model_is(train, tmp_path):
    code, said, _ = train("--minutes", 0)
    assert code == 0 and "run the same command again" in said
    code, said, _ = train()
    assert code == 0 and said.splitlines()[-1] == str(tmp_path / "run" / "model")
    assert "going on from step 2" in said


def test_a_configuration_that_makes_no_sense_is_one_line_and_exit_code_2(train, tmp_path):
    (tmp_path / "tiny.toml").write_text(CONFIG.replace("size = 32", "size = 33"), encoding="utf-8")
    code, _, error = train()
    assert code == 2 and error.startswith("muscleseg: ") and len(error.splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("minutes", ["nan", "-1"])
def test_what_is_no_time_to_train_for_is_refused(train, tmp_path, minutes):
    code, _, error = train(f"--minutes={minutes}")
    assert code == 2 and error == f"muscleseg: Nobody can train for {minutes} minutes. Give --minutes 0 or more.\n"
    assert not (tmp_path / "run").exists()


def test_a_file_is_no_folder_to_train_in(train, tmp_path):
    (tmp_path / "run").write_text("mine")
    code, _, error = train()
    assert code == 2 and "is a file" in error
    assert (tmp_path / "run").read_text() == "mine"


def test_a_package_that_is_not_installed_is_said_with_how_to_install_it():
    with (
        pytest.raises(MuscleSegError, match=r"needs no_such_package: pip install 'muscleseg\[train\]'"),
        extra_packages("train"),
    ):
        import no_such_package.inner  # noqa: F401


def test_a_fault_of_this_program_is_not_mistaken_for_a_missing_package():
    with pytest.raises(ModuleNotFoundError), extra_packages("train"):
        import MuscleSegLib.no_such_module  # noqa: F401
