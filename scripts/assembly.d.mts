/** Compiles AssemblyScript; see assembly.mjs. */
export function compileAssembly(file: string): Promise<Uint8Array>;
