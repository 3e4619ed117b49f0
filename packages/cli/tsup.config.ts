import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    main: 'src/main.ts',
  },
  // Bundled, for commands are made of it, and it loads in no time: the packages that take time to load stay outside.
  noExternal: ['@ae/autoencoder/options', '@ae/images/kind', '@ae/images/png'],
  format: ['esm'],
  dts: false,
  target: 'node20',
  clean: true,
  sourcemap: true,
});
