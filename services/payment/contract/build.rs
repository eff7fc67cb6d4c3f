fn main() {
    hanse_protogen::compile(&["payment.proto"]);
}
