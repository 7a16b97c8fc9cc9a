#!/usr/bin/python3
"""scikit-learn's HashingVectorizer on the prompts of FILE.jsonl: MB/s.

Word 1-2-grams and character 3-5-grams inside words, into 1,024 buckets each,
as sparse rows; without the log of the counts and without folding beyond lower
case, both of which rl-embed does besides.
"""
import json
import sys
import time

from sklearn.feature_extraction.text import HashingVectorizer

texts = [json.loads(line)["prompt"] for line in open(sys.argv[1])]
size = sum(len(text.encode()) for text in texts)
parts = [HashingVectorizer(analyzer="word", ngram_range=(1, 2),
                           n_features=1024, norm="l2"),
         HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5),
                           n_features=1024, norm="l2")]
start = time.perf_counter()
rows = parts[0].transform(texts) + parts[1].transform(texts)
print("%.2f" % (size / (time.perf_counter() - start) / 1e6))
