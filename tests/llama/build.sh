#!/bin/sh
# build.sh - gets and builds what make check-llama needs, into build/llama: the
# programs of llama.cpp for this machine's CPU, and TinyLlama as one file. Asks
# data/fetch, which checks the digests.
#
# usage: make llama (some minutes, and about 1 GB below build/ and data/models/)

cd "$(dirname "$0")/../.." || exit 1
out=build/llama
for need in cmake c++ npm; do
	command -v $need >/dev/null 2>&1 || {
		echo "llama: $need is not installed" >&2
		exit 2
	}
done
source=$(data/fetch llama-cpp) && weights=$(data/fetch tinyllama) || exit 1
mkdir -p $out/source || exit 1
[ -f $out/source/CMakeLists.txt ] ||
	tar xzf "$source/source.tar.gz" -C $out/source --strip-components=1 ||
	exit 1
cmake -S $out/source -B $out/build -DCMAKE_BUILD_TYPE=Release \
	-DBUILD_SHARED_LIBS=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_OPENSSL=OFF \
	-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_APP=OFF >$out/cmake.log &&
	cmake --build $out/build -j2 --target llama-server llama-bench \
		llama-embedding llama-quantize || exit 1
# two bits a weight are slow to read: the same numbers in four bits are not
cat "$weights/part1" "$weights/part2" >$out/two-bits.gguf &&
	$out/build/bin/llama-quantize --allow-requantize $out/two-bits.gguf \
		$out/new.gguf Q4_0 >$out/quantize.log 2>&1 &&
	mv $out/new.gguf $out/tinyllama.gguf && rm $out/two-bits.gguf || exit 1
echo "llama: $out/build/bin and $out/tinyllama.gguf are there"
