import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    main: 'src/main.ts',
  },
  format: ['esm'],
  dts: false,
  target: 'node20',
  clean: true,
  sourcemap: true,
});
