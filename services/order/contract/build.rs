fn main() {
    hanse_protogen::compile(&["order.proto"]);
}
