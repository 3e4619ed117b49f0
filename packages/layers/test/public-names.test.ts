import { testPublicNames } from '@ae/testing/public-names';

testPublicNames(new URL('../', import.meta.url), {
  index:
    'BlockTransform2D DtypeError GraphError InvalidIndexError InvalidOptionError InverseBlockTransform2D InverseZonalCode LayersError MaskError MaxPooling2D MaxUnpooling2D MissingKernelError Residual Sequential ShapeError ZonalCode adamStep blockTransform2d conv2d conv2dTranspose flatten fuseForward hasOwnInitializer inverseBlockTransform2d inverseZonalCode linear maxPoolWithArgmax maxPooling2d maxUnpool maxUnpooling2d meanSquaredError relu reshape residual sgdStep splitModel zonalCode AdamOptions BlockTransform2DArgs Conv2DArgs DenseArgs ErrorParts ForwardOptions InverseBlockTransform2DArgs InverseZonalCodeArgs LayerArgs LinearArgs MaskMode MaxPooling2DArgs MaxUnpoolOptions MaxUnpooling2DArgs Padding2D PoolOptions PooledWithIndices ReshapeArgs ResolvedPoolOptions SampleShape SequentialOptions SequentialStep SgdOptions Size2D SplitModel WeightArgs ZonalCodeArgs',
  'backends/cpu': 'registerCpuKernels',
  'backends/tensorflow': 'loadPackage registerTensorflowKernels',
  'backends/wasm': 'WasmEngineError initWasm SimdKind WasmEngine WasmEngineErrorCode WasmOptions',
  'backends/webgl': 'registerWebglKernels',
  'backends/webgpu':
    'WebgpuError initWebgpu loadPackage provideWebgpu registerWebgpuKernels DawnModule WebgpuEngine WebgpuErrorCode WebgpuOptions',
  ops: 'cosineMatrix extendImages readInto reduceOnBackend BlockSize Tridiagonal',
});
