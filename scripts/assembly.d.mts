/** Compiles AssemblyScript; see assembly.mjs. */
export function compileAssembly(file: string, options?: { readonly features?: string }): Promise<Uint8Array>;
