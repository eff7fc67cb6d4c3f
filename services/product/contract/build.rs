fn main() {
    hanse_protogen::compile(&["product.proto"]);
}
