// Properties under a seed, the same one unless told otherwise: what passes here passes there, too.
// `FC_SEED=$RANDOM npx vitest run` tries other cases, and `FC_RUNS=10000` more of them. A failing
// property prints its seed by itself.

import fc from "fast-check";

const { FC_SEED: seed = "1", FC_RUNS: runs } = process.env;
fc.configureGlobal({
	seed: Number(seed),
	...(runs === undefined ? {} : { numRuns: Number(runs) }),
});
