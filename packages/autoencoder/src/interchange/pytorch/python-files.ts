/** The functions of model.py that read and write safetensors: eight bytes of length, JSON, and the values. */
export const fileFunctions = `

dtypes = {"F32": torch.float32, "I64": torch.int64}


def load(file: str) -> Autoencoder:
    """Makes a network with the weights of a safetensors file."""
    with open(file, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(length))
        values = bytearray(stream.read())
    network = Autoencoder()
    network.metadata = header.pop("__metadata__", {})
    state = {}
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"]
        flat = torch.frombuffer(values[begin:end], dtype=dtypes[tensor["dtype"]])
        state[name] = flat.reshape(tensor["shape"])
    network.load_state_dict(state)
    return network.eval()


def save(network: Autoencoder, file: str) -> None:
    """Writes the weights of a network, and what describes it, as a safetensors file."""
    names = {dtype: name for name, dtype in dtypes.items()}
    header, values = {"__metadata__": network.metadata}, []
    end = 0
    for name, tensor in network.state_dict().items():
        tensor = tensor.detach().cpu().contiguous()
        begin, end = end, end + tensor.nbytes
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
        values.append(ctypes.string_at(tensor.data_ptr(), tensor.nbytes))
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(file, "wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text + b"".join(values))
`;
