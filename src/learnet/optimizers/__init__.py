"""The classic methods of minimisation: for plain functions, for least squares, and for Keras models on all examples."""

from learnet.optimizers.differences import numeric_gradient, numeric_jacobian
from learnet.optimizers.functions import TEST_FUNCTIONS, BenchmarkFunction
from learnet.optimizers.least_squares import least_squares
from learnet.optimizers.methods import METHODS, Method, MethodOptions
from learnet.optimizers.minimize import minimize_function
from learnet.optimizers.nist import CertifiedRegression, certified_regressions, log_relative_error
from learnet.optimizers.records import Fit, Minimum
from learnet.optimizers.train import minimize
from learnet.optimizers.watch import Iteration

__all__ = [
    "METHODS",
    "TEST_FUNCTIONS",
    "BenchmarkFunction",
    "CertifiedRegression",
    "Fit",
    "Iteration",
    "Method",
    "MethodOptions",
    "Minimum",
    "certified_regressions",
    "least_squares",
    "log_relative_error",
    "minimize",
    "minimize_function",
    "numeric_gradient",
    "numeric_jacobian",
]
