import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		// Only a hang should end a test: how long one takes depends on what else the machine does.
		testTimeout: 120_000,
		hookTimeout: 120_000,
		setupFiles: ["test/setup.ts"],
		coverage: {
			provider: "v8",
			include: ["src/**/*.ts", "spec/*.ts"],
			reporter: ["text-summary", "json-summary", "html"],
			reportsDirectory: "coverage",
			thresholds: { lines: 95 },
		},
	},
});
