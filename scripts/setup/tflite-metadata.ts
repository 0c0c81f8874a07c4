import { Builder } from 'flatbuffers';

/** Numbers from TensorFlow Lite's metadata schema (metadata_schema.fbs, version 1). */
const FIELD = {
  model: { subgraphs: 3, count: 8 },
  subgraph: { inputs: 2, count: 9 },
  tensor: { content: 3, processUnits: 4, count: 7 },
  union: { type: 0, value: 1 },
} as const;
const IMAGE_PROPERTIES = 2;
const NORMALIZATION_OPTIONS = 1;
const RGB = 1;

/**
 * Metadata of a network with one RGB image as input, whose 8-bit values enter as `(value - mean) / std`.
 * MediaPipe refuses a network that does not say so.
 */
export function imageMetadata(mean: number, std: number): Uint8Array {
  const b = new Builder(256);
  const table = (fields: number, fill: () => void): number => {
    b.startObject(fields);
    fill();
    return b.endObject();
  };
  const vector = (offset: number): number => {
    b.startVector(4, 1, 4);
    b.addOffset(offset);
    return b.endVector();
  };
  const floats = (value: number): number => {
    b.startVector(4, 1, 4);
    b.addFloat32(value);
    return b.endVector();
  };
  const union = (type: number, value: number): number =>
    table(2, () => {
      b.addFieldInt8(FIELD.union.type, type, 0);
      b.addFieldOffset(FIELD.union.value, value, 0);
    });

  const means = floats(mean);
  const stds = floats(std);
  const normalization = table(2, () => {
    b.addFieldOffset(0, means, 0);
    b.addFieldOffset(1, stds, 0);
  });
  const units = vector(union(NORMALIZATION_OPTIONS, normalization));
  const content = union(
    IMAGE_PROPERTIES,
    table(2, () => b.addFieldInt8(0, RGB, 0)),
  );
  const tensor = table(FIELD.tensor.count, () => {
    b.addFieldOffset(FIELD.tensor.content, content, 0);
    b.addFieldOffset(FIELD.tensor.processUnits, units, 0);
  });
  const inputs = vector(tensor);
  const subgraph = table(FIELD.subgraph.count, () => b.addFieldOffset(FIELD.subgraph.inputs, inputs, 0));
  const subgraphs = vector(subgraph);
  b.finish(
    table(FIELD.model.count, () => b.addFieldOffset(FIELD.model.subgraphs, subgraphs, 0)),
    'M001',
  );
  return b.asUint8Array();
}
