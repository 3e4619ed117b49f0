import { testPublicNames } from '@ae/testing/public-names';

testPublicNames(new URL('../', import.meta.url), {
  index:
    'BadImageError ImageFolder ImagesError InvalidOptionError NotReadableError PlatformError RawImage SharpMissingError decodeImage drawGrid encodeImage encodePng fromPixels fromTensor imageFolder kindOfImage kindOfPixels loadSharp openImages readImage readImageSize resizePixels toColor toGray toInterleavedRgb toPlanarBgr toRgbImage Box CanvasLike DecodeImageOptions Drawable EncodedKind ErrorParts FitMode GridOptions ImageChannels ImageDataLike ImageFolderOptions ImageInput ImageKind ImageNames ImageSize InterleavedPixels OpenImagesOptions PixelSource Pixels PlanarImage Planes ReadImageOptions Resampler Resize ResizeOptions RgbColor RgbImage SharpRaw Size SizedResize TensorLike TensorMaker',
  archives: 'NotReadableError TarWriter expandInput openImageSource ImageSource SourceOptions',
  files:
    'NotOrdinaryError NotReadableError RecordNames adviseOn archiveHeadBytes assertSize describeKnown describeOther describeUnreadImage hasArchiveExtension isPattern kindOf kindOfArchive listImageFolder nameFew openRegularFile ordinaryBytes pathText readPackedFile readPackedStart readRegularFile readRest sayOf sayUnreadImages withOpenFile withRegularFile withoutArchiveExtension ArchiveKind FileKind FilePath FolderImage FolderList OtherFile PackedFile',
  kind: 'defaultMaxPixels describeImage formatOf hasImageExtension imageKinds kindOfImage nameOfKind nameUnreadImage readImageSize readJpegHeader readPngHeader ImageFormat ImageKind ImageSize JpegHeader PngHeader',
  png: 'drawGrid encodePng toRgbImage GridOptions PlanarImage RgbImage',
  threads:
    'BadImageError ImageKernels assertPixels decodeJpeg decodeJpegToFloats decodingBytes doesNotDecode imageKernels kernelModule mostFileBytes newBudget takeBudget useBudget useKernelModule Cut FloatOptions JpegKernels JpegOptions KernelMemory KernelModule PackKernels PixelKernels',
});
