/**
 * One spelling for each set of characters that a comparison without accents and case treats as equal, unless Unicode's
 * decomposition already makes them equal: `d` for đ, ð and 🅓, `ae` for æ, `1` for the digit one of every script. "" is for what
 * such a comparison ignores. The test of folded-username.ts names what is missing.
 */
export const ALIKE: readonly string[] = [
  "",
  ...`
    " ' 0 1 10 11 12 13 14 15 16 17 18 19 2 20 22.2 2k 3 30 3d 4 40 4k 5 5.1 50 6 60 60p 7 7.1 70 8 80
    8k 9 a a/s aa ab ae ao au av ay b c cl cool d db dz e f free g h hc hdr i ic id j k l ll ls lz m n
    new ng o oe ok oo p pa pts q qp r s sa shv sos t th ts tz u uhd up! v vod vs vy w wc x y z zw
  `
    .trim()
    .split(/\s+/),
  // As code points: editors reorder right-to-left letters and stack combining ones.
  ...`
    251 259 25c 262 274 280 283 28d 29f 2a9 430 431 432 433 434 435 436 437 438 43a 43b 43c 43d 43e 43f
    440 441 442 443 444 445 446 447 448 449 44a 44b 44c 44e 454 456 461 463 465 467 46b 46d 473 5da 5dd
    5df 5e3 5e5 621 627 645 646 648 64a 6cc 712 713 715 71b 723 726 7d6 7d7 7d9 d4e f62 16a0 16a2 16a6
    16a8 16b2 16b9 16ba 16be 16c1 16c3 16c5 16c8 16ca 16cf 16d2 16d7 16da 16dc 16e6 1a26 1a3b 1b83 1b8a
    1b99 1bc0 1bc2 1bc5 1bc7 1bc9 1bcb 1bce 1bd2 1bd4 1bd6 1bd8 1bdb 1bde 1ce9 1d09 1d0d 2c30 2c31 2c32
    2c33 2c34 2c35 2c36 2c38 2c39 2c3a 2c3b 2c3c 2c3d 2c3e 2c3f 2c40 2c41 2c42 2c43 2c44 2c45 2c46 2c47
    2c48 2c4b 2c4c 2c4d 2c4e 2c4f 2c50 2c51 2c53 2c54 2c56 2c57 2c58 2c59 2c5a 2e80 2e81 2e82 2e83 2e84
    2e85 2e86 2e87 2e88 2e89 2e8a 2e8b 2e8c 2e8e 2e8f 2e92 2e93 2e94 2e95 2e96 2e97 2e98 2e99 2e9b 2e9c
    2e9d 2e9e 2ea0 2ea1 2ea2 2ea3 2ea4 2ea6 2ea7 2ea8 2ea9 2eaa 2eab 2eac 2ead 2eae 2eaf 2eb0 2eb1 2eb2
    2eb6 2eb8 2eb9 2eba 2ebb 2ebc 2ebd 2ebe 2ec1 2ec2 2ec3 2ec4 2ec5 2ec6 2ec8 2ec9 2eca 2ecb 2ecc 2ecf
    2ed0 2ed1 2ed2 2ed3 2ed4 2ed5 2ed6 2ed7 2ed8 2ed9 2eda 2edb 2edc 2edd 2ede 2ee0 2ee1 2ee2 2ee3 2ee4
    2ee5 2ee6 2ee7 2ee8 2ee9 2eea 2eeb 2eec 2eed 2eee 2eef 2ef0 2ef1 3031 3033 3041 3043 3045 3047 3049
    304b 304d 304f 3051 3053 3055 3057 3059 305b 305d 305f 3061 3063 3066 3068 306a 306b 306c 306d 306e
    306f 3072 3075 3078 307b 307e 307f 3080 3081 3082 3083 3085 3087 3089 308a 308b 308c 308d 308e 3090
    3091 3092 3093 3105 3106 310a 310d 310e 310f 3110 3117 311a 311b 311c 311e 3120 3127 3128 31a4 513f
    5152 a558 a56a a56e a587 a5d1 a649 a64b a657 a76f a7b5 a8f2 a9ab ab38 10350 10353 10357 1035d 10361
    1086d 10880 10882 10886 1088c 1088e 10890 10892 10894 1089c 10980 10981 10982 10983 10984 10985
    10986 10988 10989 1098a 1098c 1098e 10990 10991 10992 10993 10995 10996 10997 10998 1099a 1099c
    1099d 10ac7 10b2d 10c00 10c03 10c07 10c09 10c0b 10c0d 10c0f 10c11 10c14 10c16 10c18 10c1a 10c1c
    10c1e 10c24 10c26 10c28 10c2a 10c2d 10c32 10c34 10c36 10c38 10c3a 10c3f 10c41 10c43 10c45 10cc0
    10cc9 10cd0 10cdb 10cdd 10ce2 10cea 10cec 10d73 10d81 10f00 10f02 10f05 10f0e 10f12 10f15 10f1a
    10f41 11582 11583 11584 11704 11708 11715 11a2a 11a2b 11a2c 11a2d 11a5c 11a5d 11a60 11a6b 11a6f
    11a70 11a74 11a7a 11a7c 11a7d 11a7f 11a81 11d26 16f04 16f10 16f23 16f3d 1b11f 64+290 64+291 64+292
    64+1d9a 64+1df18 66+14b 74+255 74+282 74+283 74+1d8b 74+1d98 441+442 5d5+5d5 5d5+5d9 5d9+5d9 9a4+9cd
    c28+c4d ca8+ccd d15+d3b d23+d3b d28+d3b d2e+d3b d2f+d3b d30+d3b d32+d3b d33+d3b d34+d3b f68+f7c
    16a6+16a6 16c5+16da 16d7+16d7 1908+1929 190b+192a 199c+19b6 199c+19b6+19c1 3057+3081 307e+3059
    a50c+a60b a51e+a60b a533+a60b a547+a60c a552+a60b a558+a60c a55a+a60c a560+a60b a585+a60b a5b4+a60b
    a5cb+a60b a5d1+a60c a5d8+a60b 10f12+10f18 10fe6+10fe9 101e+1039+101e 1a46+1a60+1a46 1b1a+1b44+1b1c
    2c95+2c81+2c93 3ba+3b1+3b9 5d9+5d4+5d5+5d4 c36+c4d+c30+c40 cb6+ccd+cb0+cbf+cd5
  `
    .trim()
    .split(/\s+/)
    .map((points) => String.fromCodePoint(...points.split("+").map((point) => Number.parseInt(point, 16)))),
];
