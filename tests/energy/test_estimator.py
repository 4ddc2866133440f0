import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted

from learnet.core import UsageError
from learnet.energy import RestrictedBoltzmannMachine


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    return data.data, data.target


def test_parameters_are_told_set_and_cloned(digits):
    machine = RestrictedBoltzmannMachine(n_components=12, k=2)
    assert machine.get_params()["k"] == 2
    assert len(machine.get_params()) == 12
    assert repr(machine) == "RestrictedBoltzmannMachine(n_components=12, k=2)"
    assert machine.set_params(k=3, seed=5) is machine
    with pytest.raises(UsageError, match="Did you mean 'momentum'"):
        machine.set_params(momentun=0.5)
    machine.fit(digits[0][:100] / 16)
    twin = clone(machine)
    assert twin.get_params() == machine.get_params()
    check_is_fitted(machine)
    assert not twin.__sklearn_is_fitted__()


@pytest.mark.slow
def test_it_stands_in_a_pipeline_and_helps_a_classifier(digits):
    pixels, labels = digits
    pipeline = make_pipeline(
        MinMaxScaler(),
        RestrictedBoltzmannMachine(n_components=100, learning_rate=0.06, n_iter=20),
        LogisticRegression(C=100, max_iter=1000),
    )
    pipeline.fit(pixels[:1300], labels[:1300])
    assert pipeline.score(pixels[1300:], labels[1300:]) > 0.87
    assert pipeline[:-1].get_feature_names_out().tolist()[:2] == ["rbm0", "rbm1"]
    machine = pipeline[1]
    hidden = pipeline[:-1].transform(pixels)
    assert np.array_equal(hidden, machine.transform(MinMaxScaler().fit(pixels[:1300]).transform(pixels)))
    assert machine.inverse_transform(hidden) == pytest.approx(
        1 / (1 + np.exp(-(hidden @ machine.components_ + machine.intercept_visible_))), abs=1e-5
    )


def test_a_search_chooses_among_its_parameters(digits):
    pipeline = Pipeline([("scale", MinMaxScaler()), ("rbm", RestrictedBoltzmannMachine(n_components=16, n_iter=5))])
    search = GridSearchCV(pipeline, {"rbm__learning_rate": [0.05, 1e-7]}, cv=2).fit(digits[0][:600])
    assert search.best_params_ == {"rbm__learning_rate": 0.05}


def test_fitting_and_transforming_at_once_is_both(digits):
    data = digits[0][:100] / 16
    one, other = (RestrictedBoltzmannMachine(n_components=5, n_iter=2) for _ in range(2))
    assert np.array_equal(one.fit_transform(data), other.fit(data).transform(data))
