"""Are these the same vectors? cosines.py OURS THEIRS: ours as float32, theirs
as the last JSON array of a program's output. A text that the other program
makes other tokens of may differ; more than one in a hundred may not."""
import json
import sys

import numpy as np

text = open(sys.argv[2]).read()
theirs = np.array(json.loads(text[text.index("[["):text.rindex("]]") + 2]))
ours = np.fromfile(sys.argv[1], np.float32).reshape(theirs.shape)
cos = (ours * theirs).sum(1) / np.linalg.norm(theirs, axis=1)
same = (cos > .999).mean()
print("%d vectors: the smallest cosine to ours %.5f, over .999: %.2f %%"
      % (len(cos), cos.min(), 100 * same))
sys.exit(int(same < .99))
