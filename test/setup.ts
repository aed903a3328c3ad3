// Properties under a chosen seed: `FC_SEED=12345 npx vitest run` repeats a run's cases, and
// `FC_RUNS=10000` asks for more of them. A failing property prints its seed by itself.

import fc from "fast-check";

const { FC_SEED: seed, FC_RUNS: runs } = process.env;
fc.configureGlobal({
	...(seed === undefined ? {} : { seed: Number(seed) }),
	...(runs === undefined ? {} : { numRuns: Number(runs) }),
});
