#!/bin/sh
# knn at 55,000 prompts x 1,024 within twice the time of its matrix product.
"$RK_BUILD/bench/knn" 1 && "$RK_BUILD/bench/knn" 2
