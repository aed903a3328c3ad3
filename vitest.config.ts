import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
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
